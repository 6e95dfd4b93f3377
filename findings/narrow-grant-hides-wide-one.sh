#!/usr/bin/env bash
# MySQL 8.0.31 and 9.7, MariaDB 10.11 and 11.8.
#
# One would guess: privileges add up. A user with SELECT by a pattern of schemas who is given one more privilege on one of those
# schemas can do what she could, and one thing more.
#
# What happens: of the grants on schemas only the one with the narrowest pattern counts, on all four. GRANT EXECUTE ON `escola`.* takes SELECT ON `esc%`.* away
# from `escola`: its tables leave information_schema without a word, and a SELECT is refused (1142). SHOW GRANTS prints both grants as if both held. With
# GRANT INSERT instead, the tables stay listed with all their columns, and can not be read.
# And on MySQL, SET GLOBAL partial_revokes = ON, which itself revokes nothing, makes % and _ in such grants plain letters: the
# schemas that they covered are gone from the listing at the next login, and SHOW GRANTS prints the same line.
. "$(dirname "$0")/lib/servers.sh"

LISTED="SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'escola'"
for name in mysql-8.0 mysql-9.7 mariadb-10.11 mariadb-11.8; do
  server_install "$name"
  server_start "$name"
  sql "$name" 'CREATE DATABASE escola; CREATE TABLE escola.notas (id INT PRIMARY KEY, nota INT); INSERT INTO escola.notas VALUES (1, 7);
    CREATE USER leitor@localhost; GRANT SELECT ON `esc%`.* TO leitor@localhost'
  expect "$name, SELECT by pattern: tables listed, rows" "$(sql "$name" "$LISTED; SELECT COUNT(*) FROM escola.notas" leitor | paste -sd' ')" '1 1'
  sql "$name" 'GRANT EXECUTE ON `escola`.* TO leitor@localhost'
  expect "$name, and EXECUTE on the schema: tables listed" "$(sql "$name" "$LISTED" leitor)" 0
  expect "$name, and a SELECT" "$(sql "$name" 'SELECT COUNT(*) FROM escola.notas' leitor | cut -d: -f1)" 'ERROR 1142'
  expect "$name, SHOW GRANTS still prints the pattern" "$(sql "$name" 'SHOW GRANTS' leitor | grep -c 'GRANT SELECT ON `esc%`')" 1
  sql "$name" 'REVOKE EXECUTE ON `escola`.* FROM leitor@localhost; GRANT INSERT ON `escola`.* TO leitor@localhost'
  expect "$name, with INSERT instead: tables listed" "$(sql "$name" "$LISTED" leitor)" 1
  expect "$name, and a SELECT" "$(sql "$name" 'SELECT COUNT(*) FROM escola.notas' leitor | cut -d: -f1)" 'ERROR 1142'
  case $name in mysql-*)
    sql "$name" 'REVOKE INSERT ON `escola`.* FROM leitor@localhost; SET GLOBAL partial_revokes = ON'
    expect "$name, partial_revokes on, nothing revoked: tables listed" "$(sql "$name" "$LISTED" leitor)" 0
    ;;
  esac
  server_stop "$name"
done
