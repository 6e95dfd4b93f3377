#!/usr/bin/env bash
# MySQL 9.7 (Debian unstable) against 8.0.31: MD5() and SHA1().
#
# One would guess: a built-in function that is deprecated for a few releases warns first; where it is gone the error is "function does not exist".
# What happens: MD5(), SHA1() and SHA() are there only with component_classic_hashing. Without it they are taken for stored functions: the error
#   is 1046 "No database selected" where no default database is chosen (what a JDBC URL without one has), and 1305 only where one is.
#   SHA2(), CRC32() and AES_ENCRYPT() are there. A view or a generated column over MD5() goes with it.
# Seen on 2026-11-27: 8.0.31 and 9.7.4, as below.
. "$(dirname "$0")/lib/servers.sh"

server_install mysql-8.0
server_start mysql-8.0
expect '8.0, MD5' "$(sql mysql-8.0 "SELECT MD5('a')")" 0cc175b9c0f1b6a831c399e269772661
expect '8.0, warnings' "$(sql mysql-8.0 "DO MD5('a'); SHOW WARNINGS")" ''
server_stop mysql-8.0
server_install mysql-9.7
server_start mysql-9.7
expect '9.7, no database chosen' "$(sql mysql-9.7 "SELECT MD5('a')")" 'ERROR 1046: No database selected'
expect '9.7, in a database' "$(sql mysql-9.7 "USE mysql; SELECT SHA1('a')")" 'ERROR 1305: FUNCTION mysql.SHA1 does not exist'
expect '9.7, SHA2' "$(sql mysql-9.7 "SELECT LEFT(SHA2('a', 256), 8), CRC32('a')")" "$(printf 'ca978112\t3904355907')"
expect '9.7, a generated column' "$(sql mysql-9.7 "CREATE DATABASE d; CREATE TABLE d.t (a INT, b CHAR(32) AS (MD5(a)))" | cut -c1-10)" 'ERROR 1046'
