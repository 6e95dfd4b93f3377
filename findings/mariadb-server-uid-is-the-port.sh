#!/usr/bin/env bash
# MariaDB 10.11 and 11.8 (Debian 12 and 13): what @@server_uid names.
#
# One would guess: it is to MariaDB what @@server_uuid is to MySQL, an identity made with the data folder and kept in it. So a replica
#   or a fresh server shows another one, and a server that moves to another port keeps its own.
# What happens: it is computed at each start from the machine's network addresses and the TCP port. A new, empty data folder under the
#   same port has the same server_uid; the same data under another port have another.
# Seen on 2026-11-27: both versions, as below. MySQL 8.0.31 and 9.7.4, by the same steps, as guessed.
. "$(dirname "$0")/lib/servers.sh"

for name in mariadb-10.11 mariadb-11.8 mysql-8.0 mysql-9.7; do
  server_install "$name"
  variable=$([ "${name%%-*}" = mysql ] && echo server_uuid || echo server_uid)
  is_same() { [ "$(sql "$name" "SELECT @@$variable")" = "$first" ] && echo same || echo other; }
  server_start "$name"
  first=$(sql "$name" "SELECT @@$variable")
  server_stop "$name"
  port=${SERVER_PORT[$name]}
  unset "SERVER_PORT[$name]"
  server_start "$name"
  other_port=$(is_same)
  server_stop "$name"
  rm -rf "${WORK:?}/$name"
  SERVER_PORT[$name]=$port
  server_start "$name"
  new_data=$(is_same)
  server_stop "$name"
  guess='same data, other port: same; new data, same port: other'
  case $name in mysql-*) wanted=$guess ;; *) wanted='same data, other port: other; new data, same port: same' ;; esac
  expect "$name, @@$variable" "same data, other port: $other_port; new data, same port: $new_data" "$wanted"
done
