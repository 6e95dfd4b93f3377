#!/usr/bin/env bash
# MySQL 8.0.31, MariaDB 10.11 (Debian 12).
#
# One would guess: a server finds out that a client is gone when it writes to it, so that whatever is silent runs on to its end: SLEEP(),
# a statement that waits for a table's lock, GET_LOCK(), a COUNT of hours.
#
# What happens: it depends on what it is silent in. Both end SLEEP() within seconds. MariaDB ends a wait for a lock of a table as well,
# MySQL does not: the statement still waits, for up to lock_wait_timeout (a year by default), and then runs. Neither ends a COUNT.
. "$(dirname "$0")/lib/servers.sh"
cat >"$WORK/gone.py" <<'PYTHON'
import sys
import time

import pymysql

port = int(sys.argv[1])


def connect():
    return pymysql.connect(host="127.0.0.1", port=port, user="root", autocommit=True)


watcher, holder = connect().cursor(), connect()
holder.cursor().execute("LOCK TABLES f.locked WRITE")
seen = []
for what, statement in [
    ("SLEEP", "SELECT SLEEP(100)"),
    ("wait for a table", "SELECT * FROM f.locked"),
    ("COUNT", "SELECT COUNT(*) FROM f.t a JOIN f.t b ON a.v = b.v"),
]:
    client = connect()
    thread = client.thread_id()
    client._execute_command(3, statement)
    time.sleep(2)
    client._rfile.close()
    client._sock.close()
    for _ in range(60):
        watcher.execute("SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = %s", (thread,))
        if not watcher.fetchone():
            break
        time.sleep(0.5)
    else:
        watcher.execute(f"KILL {thread}")
        seen.append(f"{what} still there after 30 s")
        continue
    seen.append(f"{what} ended")
print(", ".join(seen))
PYTHON
for server in mysql-8.0 mariadb-10.11; do
  server_install "$server"
  server_start "$server"
  sql "$server" "CREATE DATABASE f; CREATE TABLE f.locked (id INT); CREATE TABLE f.t (v VARCHAR(20)); INSERT INTO f.t VALUES ('x');
    $(for _ in $(seq 18); do echo 'INSERT INTO f.t SELECT v FROM f.t;'; done)" >/dev/null
  if [ "$server" = mysql-8.0 ]; then waits='wait for a table still there after 30 s'; else waits='wait for a table ended'; fi
  expect "$server" "$(python3 "$WORK/gone.py" "${SERVER_PORT[$server]}")" "SLEEP ended, $waits, COUNT still there after 30 s"
  server_stop "$server"
done
