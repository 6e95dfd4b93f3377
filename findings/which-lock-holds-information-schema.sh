#!/usr/bin/env bash
# MySQL 8.0.31, MariaDB 10.11 (Debian 12).
#
# One would guess: whoever cannot read a table cannot read its row in information_schema either: LOCK TABLES … WRITE, and an ALTER that
# waits for a long SELECT, hold both.
#
# What happens: neither holds information_schema; a plain SELECT waits for both. What holds it is a statement that *has* a table
# exclusively while it waits for another, such as a RENAME of two. On MySQL 8.0 it holds what shows statistics (TABLES, STATISTICS,
# PARTITIONS): COLUMNS come from the dictionary. On MariaDB COLUMNS too, as each view opens the table.
. "$(dirname "$0")/lib/servers.sh"

# looks NAME: what a session that waits 1 s for a lock finds: free or held, for TABLES, COLUMNS, STATISTICS, PARTITIONS and a SELECT.
looks() {
  local view seen=''
  for view in TABLES COLUMNS STATISTICS PARTITIONS; do
    case $(sql "$1" "SET SESSION lock_wait_timeout = 1; $([ "$1" = mysql-8.0 ] && echo 'SET SESSION information_schema_stats_expiry = 0;')
      SELECT * FROM information_schema.$view WHERE TABLE_SCHEMA = 'f'; SHOW WARNINGS") in
    *1205*) seen+="$view held, " ;;
    *) seen+="$view free, " ;;
    esac
  done
  case $(sql "$1" 'SET SESSION lock_wait_timeout = 1; SELECT COUNT(*) FROM f.a') in
  *1205*) echo "${seen}SELECT held" ;;
  *) echo "${seen}SELECT free" ;;
  esac
}

# let_go NAME: ends the sessions of a scene.
let_go() {
  sql "$1" "SELECT CONCAT('KILL ', ID) FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER = 'root'" |
    while read -r kill; do sql "$1" "$kill" >/dev/null; done
  sleep 1
}

for server in mysql-8.0 mariadb-10.11; do
  server_install "$server"
  server_start "$server"
  sql "$server" 'CREATE DATABASE f; CREATE TABLE f.a (id INT PRIMARY KEY); CREATE TABLE f.z (id INT PRIMARY KEY)'
  all_free='TABLES free, COLUMNS free, STATISTICS free, PARTITIONS free'

  sql "$server" 'LOCK TABLES f.a WRITE; DO SLEEP(60)' >/dev/null &
  sleep 1
  expect "$server, LOCK TABLES a WRITE" "$(looks $server)" "$all_free, SELECT held"
  let_go "$server"

  sql "$server" 'BEGIN; SELECT * FROM f.a; DO SLEEP(60)' >/dev/null &
  sleep 1
  sql "$server" 'ALTER TABLE f.a ADD COLUMN v INT' >/dev/null &
  sleep 1
  expect "$server, ALTER a waits for a SELECT" "$(looks $server)" "$all_free, SELECT held"
  let_go "$server"

  sql "$server" 'BEGIN; SELECT * FROM f.z; DO SLEEP(60)' >/dev/null &
  sleep 1
  sql "$server" 'RENAME TABLE f.a TO f.a2, f.z TO f.z2' >/dev/null &
  sleep 1
  if [ "$server" = mysql-8.0 ]; then held='TABLES held, COLUMNS free, STATISTICS held, PARTITIONS held'; else held='TABLES held, COLUMNS held, STATISTICS held, PARTITIONS held'; fi
  expect "$server, RENAME a, z waits for z" "$(looks $server)" "$held, SELECT held"
  let_go "$server"
  server_stop "$server"
done
