#!/usr/bin/env bash
# Connector/J 9.5.0 with MySQL 8.0.31 and MariaDB 10.11 (Debian 12), Java 17.
#
# One would guess: `KILL QUERY` under a streaming read (fetch size Integer.MIN_VALUE) is an SQLException 1317 at the next row, or a few
# rows later; and after an error in the midst of a result its connection is of no use any more.
#
# What happens: rows go on for as long as what the server had sent lasts (sockets and buffers: megabytes on loopback). Of a result of
# 262,144 rows of 200 bytes, killed at row 1,000 while the reader sleeps, thousands more come, and then 1317 with SQL state 70100. The
# connection answers the next statement as if nothing had been. A reader that counts rows cannot tell from them when it was killed.
. "$(dirname "$0")/lib/servers.sh"
jar=$(fetch_jar com.mysql:mysql-connector-j:9.5.0)
cat >"$WORK/Kill.java" <<'JAVA'
import java.sql.*;

public class Kill {
  public static void main(String[] args) throws Exception {
    String url = "jdbc:mysql://127.0.0.1:" + args[0] + "/f?sslMode=DISABLED&allowPublicKeyRetrieval=true";
    Connection reader = DriverManager.getConnection(url, "root", ""), killer = DriverManager.getConnection(url, "root", "");
    ResultSet own = reader.createStatement().executeQuery("SELECT CONNECTION_ID()");
    own.next();
    long id = own.getLong(1), rows = 0;
    own.close();
    Statement statement = reader.createStatement();
    statement.setFetchSize(Integer.MIN_VALUE);
    ResultSet result = statement.executeQuery("SELECT * FROM t");
    String end = "all rows, no error";
    try {
      while (result.next()) {
        if (++rows != 1000) continue;
        Thread.sleep(1000);
        killer.createStatement().execute("KILL QUERY " + id);
        Thread.sleep(1000);
      }
    } catch (SQLException error) {
      end = error.getErrorCode() + " " + error.getSQLState();
    }
    statement.close();
    ResultSet next = reader.createStatement().executeQuery("SELECT 7");
    next.next();
    System.err.println(rows + " rows came, " + (rows - 1000) + " of them after the kill");
    System.out.println((rows > 2000 ? "thousands" : "few") + " more, then " + end + ", and the connection answers " + next.getInt(1));
    System.exit(0);
  }
}
JAVA
for server in mysql-8.0 mariadb-10.11; do
  server_install "$server"
  server_start "$server"
  sql "$server" "CREATE DATABASE f; CREATE TABLE f.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(200)); INSERT INTO f.t (v) VALUES (REPEAT('x', 200));
    $(for _ in $(seq 18); do echo 'INSERT INTO f.t (v) SELECT v FROM f.t;'; done)" >/dev/null
  expect "$server, killed at row 1,000" "$(java -cp "$jar" "$WORK/Kill.java" "${SERVER_PORT[$server]}")" \
    'thousands more, then 1317 70100, and the connection answers 7'
  server_stop "$server"
done
