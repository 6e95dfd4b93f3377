#!/usr/bin/env bash
# MySQL 9.7 (Debian unstable) and MariaDB 11.8 (Debian 13): VECTOR to text and back.
#
# One would guess: VECTOR_TO_STRING and VEC_ToText write enough digits to read the same vector back, as both servers' FLOAT-to-JSON does, and what a
#   dump of such a column therefore needs.
# What happens: six digits are written. A 32-bit float needs up to nine: 16777216 comes back as another number, and so does most of what an embedding
#   model gives. CAST(v AS CHAR) is refused by both. Only the bytes are exact (little-endian on both).
# Seen on 2026-11-27: 9.7.4 and 11.8.9, as below.
. "$(dirname "$0")/lib/servers.sh"

check() {
  local name=$1 to=$2 from=$3
  server_install "$name"
  server_start "$name"
  sql "$name" "CREATE DATABASE x; CREATE TABLE x.v (id INT PRIMARY KEY, v VECTOR(3)); INSERT INTO x.v VALUES (1, $from('[1.1,16777216,0.1234567]'))"
  expect "$name, the text" "$(sql "$name" "SELECT $to(v) FROM x.v")" "$4"
  expect "$name, the bytes" "$(sql "$name" "SELECT HEX(v) FROM x.v")" CDCC8C3F0000804BDED6FC3D
  expect "$name, the bytes after text and back" "$(sql "$name" "SELECT HEX($from($to(v))) FROM x.v")" "$5"
  expect "$name, CAST(v AS CHAR)" "$(sql "$name" "SELECT CAST(v AS CHAR) FROM x.v" | cut -c1-10)" "$6"
  server_stop "$name"
}
check mysql-9.7 VECTOR_TO_STRING STRING_TO_VECTOR '[1.10000e+00,1.67772e+07,1.23457e-01]' CDCC8C3FF0FF7F4B06D7FC3D 'ERROR 1210'
check mariadb-11.8 VEC_ToText VEC_FromText '[1.1,16777200,0.123457]' CDCC8C3FF0FF7F4B06D7FC3D 'ERROR 4079'
