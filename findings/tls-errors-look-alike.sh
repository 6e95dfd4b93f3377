#!/usr/bin/env bash
# A server's certificate that is refused (for ever) and a connection that is cut during the handshake (for a moment): what a client is told.
#
# Versions   Connector/J 9.5.0 (Maven), mysql2 3.24.6 (npm), MySQL 8.0.31 with the certificate that it makes itself
# Guess      Class, code or SQL state tells the two apart, so that a retry can be left out where it is no use: Connector/J reports a connection that was cut
#            as a communications link failure (08S01) and a refused certificate as something else; mysql2 as ECONNRESET and HANDSHAKE_SSL_ERROR.
# Seen       Neither does. Connector/J: CommunicationsException, 08S01, error 0, the same sentence ("has not received any packets from the server") for both: only the
#            chain of causes differs. It is an SQLRecoverableException, which retry helpers repeat. mysql2: HANDSHAKE_SSL_ERROR for both.
set -euo pipefail
. "$(dirname "$0")/lib/servers.sh"

jar=$(fetch_jar com.mysql:mysql-connector-j:9.5.0)
once "$CACHE/npm/mysql2@3.24.6" npm install --silent --no-audit --no-fund --ignore-scripts mysql2@3.24.6 --prefix
server_install mysql-8.0
server_start mysql-8.0
REFUSED=${SERVER_PORT[mysql-8.0]}

# Passes on the server's greeting, and hangs up when the client begins its handshake.
cat >"$WORK/cut.py" <<'PYTHON'
import socket, sys
greeting = socket.create_connection(("127.0.0.1", int(sys.argv[1]))).recv(4096)
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    client, _ = server.accept()
    client.sendall(greeting)
    client.recv(36)
    client.close()
PYTHON
python3 "$WORK/cut.py" "$REFUSED" >"$WORK/cut.port" &
CUTTER=$!
trap 'kill $CUTTER 2>/dev/null || true; findings_end' EXIT
for _ in $(seq 100); do [ -s "$WORK/cut.port" ] && break; sleep 0.1; done
CUT=$(cat "$WORK/cut.port")

cat >"$WORK/Told.java" <<'JAVA'
import java.sql.*;
public class Told {
  public static void main(String[] a) throws Exception {
    try { DriverManager.getConnection("jdbc:mysql://127.0.0.1:" + a[0] + "/?sslMode=VERIFY_CA&user=root"); }
    catch (SQLException e) {
      System.out.println(e.getClass().getSimpleName() + " " + e.getErrorCode() + " " + e.getSQLState() + " "
        + (e instanceof SQLRecoverableException) + " " + e.getMessage().replaceAll("\\s+", " "));
    }
  }
}
JAVA
connectorj() { java -cp "$jar" "$WORK/Told.java" "$1"; }
mysql2() {
  NODE_PATH=$CACHE/npm/mysql2@3.24.6/node_modules node -e "
    require('mysql2/promise').createConnection({ host: '127.0.0.1', port: $1, user: 'root', ssl: {} })
      .catch(({ code, errno }) => console.log(code, errno));"
}

SAME='CommunicationsException 0 08S01 true Communications link failure The last packet sent successfully to the server was 0 milliseconds ago. The driver has not received any packets from the server.'
expect 'Connector/J, certificate refused' "$(connectorj "$REFUSED")" "$SAME"
expect 'Connector/J, connection cut     ' "$(connectorj "$CUT")" "$SAME"
expect 'mysql2, certificate refused' "$(mysql2 "$REFUSED")" 'HANDSHAKE_SSL_ERROR undefined'
expect 'mysql2, connection cut     ' "$(mysql2 "$CUT")" 'HANDSHAKE_SSL_ERROR undefined'
