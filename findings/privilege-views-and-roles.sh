#!/usr/bin/env bash
# MySQL 8.0.31 and 9.7, MariaDB 10.11 and 11.8.
#
# One would guess: information_schema.COLUMN_PRIVILEGES and TABLE_PRIVILEGES list what the session may do, roles in force included, as they are how a
# program (a JDBC driver's getColumnPrivileges among them) finds out. A grant on a column follows the column when it, or its table, is renamed.
#
# What happens: what comes by a role is in neither view, on all four, although it holds; SHOW GRANTS knows. (MySQL has ROLE_COLUMN_GRANTS and
# ROLE_TABLE_GRANTS beside them; MariaDB has nothing but SHOW GRANTS FOR CURRENT_ROLE.) A grant keeps the name that it was given: after RENAME COLUMN, or RENAME TABLE, the
# column, or the table, is gone from the user's information_schema without a word, and SHOW GRANTS still prints the old name.
. "$(dirname "$0")/lib/servers.sh"

for name in mysql-8.0 mysql-9.7 mariadb-10.11 mariadb-11.8; do
  server_install "$name"
  server_start "$name"
  sql "$name" "CREATE DATABASE escola; CREATE TABLE escola.notas (id INT PRIMARY KEY, nota INT); CREATE TABLE escola.turmas (id INT PRIMARY KEY);
    CREATE ROLE papel; GRANT SELECT (id, nota) ON escola.notas TO papel; GRANT SELECT ON escola.turmas TO papel;
    CREATE USER ana@localhost; CREATE USER bia@localhost; GRANT papel TO ana@localhost;
    GRANT SELECT (id, nota) ON escola.notas TO bia@localhost; GRANT SELECT ON escola.turmas TO bia@localhost"
  case $name in
  mysql-*)
    sql "$name" 'ALTER USER ana@localhost DEFAULT ROLE ALL'
    role="SELECT COUNT(*) FROM information_schema.ROLE_COLUMN_GRANTS WHERE TABLE_SCHEMA = 'escola'"
    ;;
  *)
    sql "$name" 'SET DEFAULT ROLE papel FOR ana@localhost'
    role='SHOW GRANTS FOR CURRENT_ROLE'
    ;;
  esac
  views="SELECT COUNT(*) FROM information_schema.COLUMN_PRIVILEGES WHERE TABLE_SCHEMA = 'escola'; SELECT COUNT(*) FROM information_schema.TABLE_PRIVILEGES WHERE TABLE_SCHEMA = 'escola'"
  expect "$name, granted: COLUMN_PRIVILEGES, TABLE_PRIVILEGES" "$(sql "$name" "$views" bia | paste -sd' ')" '2 1'
  expect "$name, by a role" "$(sql "$name" "$views" ana | paste -sd' ')" '0 0'
  expect "$name, and the role holds: rows" "$(sql "$name" 'SELECT COUNT(nota) FROM escola.notas; SELECT COUNT(*) FROM escola.turmas' ana | paste -sd' ')" '0 0'
  case $name in
  mysql-*) expect "$name, ROLE_COLUMN_GRANTS" "$(sql "$name" "$role" ana)" 2 ;;
  *) expect "$name, SHOW GRANTS FOR CURRENT_ROLE: lines with a table" "$(sql "$name" "$role" ana | grep -c escola)" 2 ;;
  esac
  sql "$name" 'ALTER TABLE escola.notas RENAME COLUMN nota TO valor; RENAME TABLE escola.turmas TO escola.classes'
  seen="SELECT COALESCE(GROUP_CONCAT(TABLE_NAME, '.', COLUMN_NAME), '') FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'escola'"
  expect "$name, after both renames she sees" "$(sql "$name" "$seen" bia)" 'notas.id'
  expect "$name, SHOW GRANTS with the old names" "$(sql "$name" 'SHOW GRANTS' bia | grep -c 'nota`\|turmas`')" 2
  server_stop "$name"
done
