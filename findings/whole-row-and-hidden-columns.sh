#!/usr/bin/env bash
# MySQL 8.0.31 and 9.7, MariaDB 10.11 and 11.8.
#
# One would guess: SELECT * needs the privilege for the columns that it returns, so that it is a test of whether a user may read all of a table; and
# where a column is missing, the error names it (1143, column access denied). Whoever may not read a column does not find its name in
# information_schema, in no view of it, and what he may read he finds.
#
# What happens: the error is 1142 ("for table"), on all four; 1143 comes only for a column that is named. An INVISIBLE column counts for MariaDB, which refuses a
# SELECT * that would not return it, and not for MySQL, where SELECT * succeeds beside a column that may not be read: there it is no test.
# COLUMNS leaves the column out on all four. MySQL's STATISTICS shows its name wherever it is part of an index. MariaDB's goes
# the other way: it leaves out the whole index, with those of its columns that may be read.
. "$(dirname "$0")/lib/servers.sh"

for name in mysql-8.0 mysql-9.7 mariadb-10.11 mariadb-11.8; do
  server_install "$name"
  server_start "$name"
  sql "$name" 'CREATE DATABASE escola; CREATE TABLE escola.pessoas (id INT PRIMARY KEY, nome VARCHAR(40), cpf CHAR(11), KEY por_cpf (cpf), KEY por_nome (nome), KEY por_ambos (nome, cpf));
    CREATE TABLE escola.notas (id INT PRIMARY KEY, nota INT, segredo INT INVISIBLE);
    CREATE USER leitor@localhost; GRANT SELECT (id, nome) ON escola.pessoas TO leitor@localhost; GRANT SELECT (id, nota) ON escola.notas TO leitor@localhost'
  case $name in
  mysql-*) star='' indexes='por_ambos:nome por_ambos:cpf por_cpf:cpf por_nome:nome PRIMARY:id' ;;
  *) star='ERROR 1142' indexes='por_nome:nome PRIMARY:id' ;;
  esac
  columns() { sql "$name" "SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'escola' AND TABLE_NAME = '$1'" leitor; }
  expect "$name, SELECT * with a column hidden" "$(sql "$name" 'SELECT * FROM escola.pessoas' leitor | cut -d: -f1)" 'ERROR 1142'
  expect "$name, the column by its name" "$(sql "$name" 'SELECT cpf FROM escola.pessoas' leitor | cut -d: -f1)" 'ERROR 1143'
  expect "$name, SELECT * with an INVISIBLE column hidden" "$(sql "$name" 'SELECT * FROM escola.notas' leitor | cut -d: -f1)" "$star"
  expect "$name, COLUMNS" "$(columns pessoas) $(columns notas)" 'id,nome id,nota'
  expect "$name, STATISTICS of pessoas" "$(sql "$name" "SELECT CONCAT(INDEX_NAME, ':', COLUMN_NAME) FROM information_schema.STATISTICS
    WHERE TABLE_SCHEMA = 'escola' AND TABLE_NAME = 'pessoas' ORDER BY INDEX_NAME, SEQ_IN_INDEX" leitor | paste -sd' ')" "$indexes"
  server_stop "$name"
done
