#!/usr/bin/env bash
# One DOUBLE has two texts on MySQL: that of its column, and that of a cast
#
# Version   MySQL 8.0.31, 9.7.4 (Debian unstable); beside them MariaDB 10.11.18, 11.8.9.
# Guess     The text protocol gives a DOUBLE as CAST(d AS CHAR) and CONCAT(d) do. Whoever takes the column as it is reads the same text,
#           and may compare, hash or stage either.
# Behaviour On MySQL the two differ where a small number written out is longer than 24 characters, its sign among them: from 1e-15 up the column is
#           written out (0.000…), and a cast has an exponent. `d + 0e0` and JSON's text are as the column. The number is the same.
#           MariaDB has one text.
# Seen      2026-11-28, of 305 numbers between 1e-30 and 1e31; the column, its cast, and what is as the cast:
#             MySQL: 12 of 305 differ, 0 in their number
#               0.00000000000000123456789 1.23456789e-15 CONCAT
#               0.0000000000000123456789 0.0000000000000123456789
#               -0.0000000000000987654321 -9.87654321e-14 CONCAT
#             MariaDB: 0 of 305 differ
#
# Needs what lib/servers.sh needs.
. "$(dirname "$0")/lib/servers.sh"
cat >"$WORK/texts.py" <<'PYTHON'
import sys

import pymysql

# Without converters a value is the text that came over the wire.
cursor = pymysql.connect(host="127.0.0.1", port=int(sys.argv[1]), user="root", autocommit=True, conv={}).cursor()
digits = ("1", "1.5", "1.23456789", "-9.87654321", "1.2345678901234567")
numbers = [f"{number}e{exponent}" for exponent in range(-30, 31) for number in digits]
cursor.execute("CREATE DATABASE f")
cursor.execute("CREATE TABLE f.t (id INT PRIMARY KEY AUTO_INCREMENT, d DOUBLE)")
cursor.execute("INSERT INTO f.t (d) VALUES " + ", ".join(f"({number})" for number in numbers))
cursor.execute("SELECT d, CAST(d AS CHAR), CONCAT(d), d + 0e0, JSON_UNQUOTE(JSON_EXTRACT(JSON_ARRAY(d), '$[0]')) FROM f.t ORDER BY id")
rows = cursor.fetchall()
print(sum(plain != cast for plain, cast, *_ in rows), "of", len(rows), "differ,", end=" ")
print(sum(float(plain) != float(cast) for plain, cast, *_ in rows), "in their number")
for number in ("1.23456789e-15", "1.23456789e-14", "-9.87654321e-14"):
    plain, cast, joined, added, json = rows[numbers.index(number)]
    print(plain, cast, *(name for name, text in (("CONCAT", joined), ("+", added), ("JSON", json)) if text == cast != plain))
PYTHON

check() {
  server_install "$1"
  server_start "$1"
  expect "$1, the column, its cast, and what is as the cast" "$(python3 "$WORK/texts.py" "${SERVER_PORT[$1]}")" "$2"
  server_stop "$1"
}
MYSQL='12 of 305 differ, 0 in their number
0.00000000000000123456789 1.23456789e-15 CONCAT
0.0000000000000123456789 0.0000000000000123456789
-0.0000000000000987654321 -9.87654321e-14 CONCAT'
MARIADB='0 of 305 differ, 0 in their number
0.00000000000000123456789 0.00000000000000123456789
0.0000000000000123456789 0.0000000000000123456789
-0.0000000000000987654321 -0.0000000000000987654321'
check mysql-8.0 "$MYSQL"
check mysql-9.7 "$MYSQL"
check mariadb-10.11 "$MARIADB"
check mariadb-11.8 "$MARIADB"
