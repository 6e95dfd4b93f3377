#!/bin/sh
# Stands for spark-submit: a job that reads for ever, so that its load never ends by itself.
sleep 86400 &
trap 'kill $!; exit 143' TERM
wait
