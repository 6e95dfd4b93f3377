#!/usr/bin/env bash
# MySQL 8.0.31, MariaDB 10.11 (Debian 12).
#
# One would guess: a SELECT from information_schema.TABLES that meets a table which a waiting RENAME holds exclusively waits for
# lock_wait_timeout and then fails, with ERROR 1205.
#
# What happens: it succeeds, with one warning (1205), and a row that looks whole. UPDATE_TIME is NULL, which on InnoDB means "not
# written since the server was started"; on MySQL it is so unless it is the first statistic of the SELECT list: the first that is asked
# is -1, so 4294967295 rows, or a last write in 2106. TABLE_COMMENT holds the text of the error; on MySQL, where it stands before the
# statistics, the *next* table's comment does, and its own is lost. MariaDB gives no ENGINE either.
. "$(dirname "$0")/lib/servers.sh"

# ask NAME COLUMNS: the rows and then the warnings, one line.
ask() {
  sql "$1" "SET SESSION lock_wait_timeout = 1, time_zone = '+00:00'; $([ "$1" = mysql-8.0 ] && echo 'SET SESSION information_schema_stats_expiry = 0;')
    SELECT $2 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'f' ORDER BY TABLE_NAME; SHOW WARNINGS" | sed 's/202[0-9-]* [0-9:]*/TIME/' | tr '\t\n' ' /'
}

for server in mysql-8.0 mariadb-10.11; do
  server_install "$server"
  server_start "$server"
  sql "$server" "CREATE DATABASE f; CREATE TABLE f.a (id INT PRIMARY KEY) COMMENT 'one'; CREATE TABLE f.b (id INT PRIMARY KEY) COMMENT 'two';
    CREATE TABLE f.z (id INT PRIMARY KEY); INSERT INTO f.a VALUES (1); INSERT INTO f.b VALUES (1)"
  sql "$server" "BEGIN; SELECT * FROM f.z; DO SLEEP(20)" >/dev/null &
  sleep 1
  sql "$server" "SET SESSION lock_wait_timeout = 60; RENAME TABLE f.a TO f.a2, f.z TO f.z2" >/dev/null &
  sleep 1
  written="TABLE_NAME, TABLE_ROWS, UPDATE_TIME"
  error='Lock wait timeout exceeded; try restarting transaction'
  warning="Warning 1205 $error/"
  if [ "$server" = mysql-8.0 ]; then
    expect "$server, rows and stamps" "$(ask $server "$written")" "a 4294967295 NULL/b 1 TIME/z 0 NULL/$warning"
    expect "$server, comment last" "$(ask $server "TABLE_NAME, UPDATE_TIME, TABLE_COMMENT")" "a 2106-02-07 06:28:15 $error/b TIME two/z NULL /$warning"
    expect "$server, comment first" "$(ask $server "TABLE_NAME, TABLE_COMMENT, UPDATE_TIME")" "a one 2106-02-07 06:28:15/b $error TIME/z  NULL/$warning"
  else
    expect "$server, rows and stamps" "$(ask $server "$written")" "a NULL NULL/b 1 TIME/z 0 NULL/$warning"
    expect "$server, engine and comment" "$(ask $server "TABLE_NAME, ENGINE, TABLE_COMMENT")" "a NULL $error/b InnoDB two/z InnoDB /$warning"
  fi
  sql "$server" "SELECT CONCAT('KILL ', ID) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'RENAME%' OR INFO LIKE '%SLEEP(20)'" | while read -r kill; do sql "$server" "$kill" >/dev/null; done
  wait %% 2>/dev/null || true
  server_stop "$server"
done
