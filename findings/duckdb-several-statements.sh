#!/usr/bin/env bash
# DuckDB's Node client runs every statement of a text, answers for the first, and undoes none
#
# Version   @duckdb/node-api 1.5.6-r.1, Node 22 or later.
# Guess     runAndReadAll() is given a text with two statements: it is refused, as the drivers of MySQL do, or answers for the last one, as
#           DuckDB's own shell and Python client do. Where the second statement is wrong, the text as a whole has done nothing.
# Behaviour It runs them all, and answers with the rows of the FIRST: what a caller sees looks like one harmless SELECT. Statements before a
#           wrong one stay done; one that is wrong only when it is run is noticed after the others. Who passes a person's SELECT on must count
#           the statements (extractStatements().count).
# Seen      2026-11-27
#             rows of "SELECT 1 AS first; DROP TABLE kept": [{"first":1}]
#             the table after it: gone
#             rows of "SELECT 1 AS first; SELECT 2 AS last": [{"first":1}]
#             rows after "INSERT good; INSERT bad", which fails: [{"n":1}]
#             statements counted in the first: 2
#
# Needs what lib/servers.sh needs, Node and npm.
. "$(dirname "$0")/lib/servers.sh"
. "$(dirname "$0")/lib/more.sh"

fetch_npm @duckdb/node-api@1.5.6-r.1
cat > "$WORK/ask.mjs" <<'JS'
import { DuckDBInstance } from '@duckdb/node-api';

const connection = await (await DuckDBInstance.create(':memory:')).connect();
const rows = async (sql) => JSON.stringify((await connection.runAndReadAll(sql)).getRowObjectsJson());
await connection.run('CREATE TABLE kept (a INTEGER)');
await connection.run('CREATE TABLE numbers (a INTEGER)');
const dropping = 'SELECT 1 AS first; DROP TABLE kept';
console.log('1', await rows(dropping));
console.log('2', await rows('FROM kept').then(() => 'there', () => 'gone'));
console.log('3', await rows('SELECT 1 AS first; SELECT 2 AS last'));
await rows("INSERT INTO numbers VALUES (1); INSERT INTO numbers VALUES ('one')").catch(() => undefined);
console.log('4', await rows('SELECT COUNT(*)::INTEGER AS n FROM numbers'));
console.log('5', (await connection.extractStatements(dropping)).count);
process.exit(0);
JS
node "$WORK/ask.mjs" > "$WORK/seen"
seen() { sed -n "s/^$1 //p" "$WORK/seen"; }
expect 'rows of "SELECT 1 AS first; DROP TABLE kept"' "$(seen 1)" '[{"first":1}]'
expect 'the table after it' "$(seen 2)" gone
expect 'rows of "SELECT 1 AS first; SELECT 2 AS last"' "$(seen 3)" '[{"first":1}]'
expect 'rows after "INSERT good; INSERT bad", which fails' "$(seen 4)" '[{"n":1}]'
expect 'statements counted in the first' "$(seen 5)" 2
