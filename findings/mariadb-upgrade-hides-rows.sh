#!/usr/bin/env bash
# MariaDB 10.11 (Debian 12) to 11.8 (Debian 13): system-versioned tables after an upgrade in place.
#
# One would guess: a newer server opens the data folder and shows the same rows; mariadb-upgrade is for the system tables, and can wait.
# What happens: the end of time has moved from 2038 to 2106, and a row is current if its ROW_END is the end of time. All rows of a table that was
#   made before are history to the new server: a plain SELECT answers none of them, without error or warning, until the table is rebuilt
#   (ALTER TABLE … FORCE). A table
#   that keeps transaction numbers instead of times is not touched.
# Seen on 2026-11-27: 10.11.18 to 11.8.9, as below.
. "$(dirname "$0")/lib/servers.sh"

server_install mariadb-10.11
server_install mariadb-11.8
server_start mariadb-10.11
sql mariadb-10.11 "CREATE DATABASE u; USE u;
  CREATE TABLE v (id INT PRIMARY KEY) WITH SYSTEM VERSIONING; INSERT INTO v VALUES (1), (2);
  CREATE TABLE x (id INT PRIMARY KEY, a BIGINT UNSIGNED GENERATED ALWAYS AS ROW START, z BIGINT UNSIGNED GENERATED ALWAYS AS ROW END,
    PERIOD FOR SYSTEM_TIME (a, z)) ENGINE=InnoDB WITH SYSTEM VERSIONING; INSERT INTO x (id) VALUES (1)"
expect 'rows on 10.11' "$(sql mariadb-10.11 'SELECT COUNT(*) FROM u.v')" 2
server_stop mariadb-10.11
mv "$WORK/mariadb-10.11" "$WORK/mariadb-11.8"
server_start mariadb-11.8
expect 'rows on 11.8' "$(sql mariadb-11.8 'SELECT COUNT(*) FROM u.v')" 0
expect 'warnings' "$(sql mariadb-11.8 'SELECT * FROM u.v; SHOW WARNINGS')" ''
expect 'rows FOR SYSTEM_TIME ALL' "$(sql mariadb-11.8 'SELECT COUNT(*) FROM u.v FOR SYSTEM_TIME ALL')" 2
expect 'rows, by transaction numbers' "$(sql mariadb-11.8 'SELECT COUNT(*) FROM u.x')" 1
expect 'a dump by primary key finds' "$(sql mariadb-11.8 'SELECT COUNT(*) FROM u.v WHERE id = 1')" 0
expect 'what says so' "$(sql mariadb-11.8 'CHECK TABLE u.v FOR UPGRADE' | cut -f3,4)" \
  "$(printf 'error\tTable rebuild required. Please do "ALTER TABLE `v` FORCE" or dump/reload to fix it!')"
sql mariadb-11.8 'ALTER TABLE u.v FORCE'
expect 'rows after ALTER TABLE … FORCE' "$(sql mariadb-11.8 'SELECT COUNT(*) FROM u.v')" 2
