#!/usr/bin/env bash
# MariaDB 10.11 and 11.8 (Debian 12 and 13): a virtual column whose expression depends on sql_mode.
#
# One would guess: its value follows the sql_mode of the session that reads it (as on MySQL, where another mode is an error at worst), or the mode
#   that the table was made under.
# What happens: the mode of the session that opened the table into the table cache counts, for every session, until the table is closed. After
#   FLUSH TABLES and a read under an empty mode, the application, whose own mode is NO_UNSIGNED_SUBTRACTION, gets 0 where it had -4. No error.
# Seen on 2026-11-27: 10.11.18 and 11.8.9, as below; MySQL 9.7.4: errno 1690 for the other mode, in each session by its own.
. "$(dirname "$0")/lib/servers.sh"

own="SET sql_mode = 'NO_UNSIGNED_SUBTRACTION'; SELECT saldo FROM d.t"
other="SET sql_mode = ''; SELECT saldo FROM d.t"
for name in mariadb-10.11 mariadb-11.8; do
  server_install "$name"
  server_start "$name"
  sql "$name" "SET sql_mode = 'NO_UNSIGNED_SUBTRACTION'; CREATE DATABASE d;
    CREATE TABLE d.t (a INT UNSIGNED, b INT UNSIGNED, saldo BIGINT AS (a - b) VIRTUAL); INSERT INTO d.t (a, b) VALUES (5, 9)"
  expect "$name, under its own mode" "$(sql "$name" "$own")" -4
  expect "$name, under another, while it is open" "$(sql "$name" "$other")" -4
  sql "$name" 'FLUSH TABLES'
  expect "$name, under another, which opens it" "$(sql "$name" "$other")" 0
  expect "$name, under its own mode, afterwards" "$(sql "$name" "$own")" 0
  server_stop "$name"
done
