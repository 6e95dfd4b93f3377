#!/usr/bin/env bash
# MySQL 8.0, 9.7, MariaDB 10.11, 11.8: virtual columns whose expression depends on sql_mode.
#
# One would guess: they follow the sql_mode of the session that reads, or the mode that the table was made under.
# What happens: for NO_UNSIGNED_SUBTRACTION on all four, and for NO_BACKSLASH_ESCAPES (LIKE, and texts with a backslash) on MySQL, the mode of the session
#   that opened the table into the table cache counts, for every session, until the table is closed. After FLUSH TABLES and a read under an
#   empty mode, the application, whose own mode is NO_UNSIGNED_SUBTRACTION, gets 0 where it had -4 (MariaDB), or error 1690 (MySQL). Under
#   NO_BACKSLASH_ESCAPES a column that matched no longer does. MySQL's table cache has 16 instances, and a connection uses one of them by its id: of
#   two connections it is so by chance, and the script gives it one instance. MariaDB's has one until it is busy.
# Seen on 2026-11-27: 8.0.31, 9.7.4, 10.11.18 and 11.8.9, as below.
. "$(dirname "$0")/lib/servers.sh"

# about NAME MODE COLUMN OWN FOREIGN: what a session of MODE reads, of a table that it opened, and of one that a session without MODE opened.
about() {
  local name=$1 mode=$2 column=$3 own=$4 foreign=$5
  sql "$name" 'FLUSH TABLES'
  expect "$name, $column under $mode, which opens the table" "$(sql "$name" "SET sql_mode = '$mode'; SELECT $column FROM d.t" | cut -c1-10)" "$own"
  expect "$name, $column under an empty mode, while it is open" "$(sql "$name" "SET sql_mode = ''; SELECT $column FROM d.t" | cut -c1-10)" "$own"
  sql "$name" 'FLUSH TABLES'
  expect "$name, $column under an empty mode, which opens it" "$(sql "$name" "SET sql_mode = ''; SELECT $column FROM d.t" | cut -c1-10)" "$foreign"
  expect "$name, $column under $mode, afterwards" "$(sql "$name" "SET sql_mode = '$mode'; SELECT $column FROM d.t" | cut -c1-10)" "$foreign"
}

for name in mysql-8.0 mysql-9.7 mariadb-10.11 mariadb-11.8; do
  server_install "$name"
  case $name in
  mysql-*) server_start "$name" --table-open-cache-instances=1 ;;
  *) server_start "$name" ;;
  esac
  sql "$name" "SET sql_mode = 'NO_UNSIGNED_SUBTRACTION'; CREATE DATABASE d;
    CREATE TABLE d.t (a INT UNSIGNED, b INT UNSIGNED, c VARCHAR(9), saldo BIGINT AS (a - b) VIRTUAL, igual INT AS (c LIKE 'a\\_b') VIRTUAL);
    INSERT INTO d.t (a, b, c) VALUES (5, 9, 'a_b')"
  case $name in
  mysql-*)
    about "$name" NO_UNSIGNED_SUBTRACTION saldo -4 'ERROR 1690'
    about "$name" NO_BACKSLASH_ESCAPES igual 0 1
    ;;
  *)
    about "$name" NO_UNSIGNED_SUBTRACTION saldo -4 0
    about "$name" NO_BACKSLASH_ESCAPES igual 1 1
    ;;
  esac
  server_stop "$name"
done
