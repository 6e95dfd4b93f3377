"""Cloud Storage's JSON API and Secret Manager, with the standard library and the metadata server's
token.

Against a stand-in (`STORAGE_EMULATOR_HOST`) there is no token.
"""

from __future__ import annotations

import base64
import json
import os
import random
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, NamedTuple

from adutora_errors import IngestError

TOKEN_URL = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
SECRETS = "https://secretmanager.googleapis.com/v1"
RETRIED = {401, 408, 429, 500, 502, 503, 504}
TRIES = 6
TIMEOUT_S = 60
JSON = "application/json"
# A token is renewed this long before its end.
TOKEN_MARGIN_S = 120


class HttpError(Exception):
    """An answer that is an error: its status and the start of its text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP {status}: {text[:300]}")
        self.status = status


class Request(NamedTuple):
    """One call: what is sent, without the token."""

    method: str
    url: str
    body: bytes | None = None
    content_type: str = JSON


class Token:
    """The metadata server's access token, kept until shortly before its end."""

    def __init__(self) -> None:
        self._value = ""
        self._end = 0.0

    def header(self) -> dict[str, str]:
        if time.time() > self._end - TOKEN_MARGIN_S:
            request = urllib.request.Request(TOKEN_URL, headers={"Metadata-Flavor": "Google"})
            answer = json.loads(_send(request))
            self._value, self._end = answer["access_token"], time.time() + answer["expires_in"]
        return {"Authorization": f"Bearer {self._value}"}

    def forget(self) -> None:
        self._end = 0.0


class Storage:
    """Objects of one bucket."""

    def __init__(self, bucket: str, endpoint: str | None = None, pause: Any = time.sleep) -> None:
        stand_in = endpoint or os.environ.get("STORAGE_EMULATOR_HOST")
        self._endpoint = (stand_in or "https://storage.googleapis.com").rstrip("/")
        self._token = None if stand_in else Token()
        self._pause = pause
        self.bucket = bucket

    def read(self, name: str) -> bytes | None:
        """The bytes of an object, or None."""
        try:
            return self._call("GET", f"/storage/v1/b/{self.bucket}/o/{_quote(name)}?alt=media")
        except HttpError as error:
            if error.status == 404:
                return None
            raise

    def create(self, name: str, value: dict[str, Any]) -> bool:
        """Creates a JSON object. False if the name was there already."""
        query = urllib.parse.urlencode({"uploadType": "multipart", "ifGenerationMatch": "0"})
        body, content_type = _multipart({"name": name}, (json.dumps(value, indent=1) + "\n").encode())
        try:
            self._call("POST", f"/upload/storage/v1/b/{self.bucket}/o?{query}", body, content_type)
            return True
        except HttpError as error:
            if error.status == 412:
                return False
            raise

    def put(self, name: str, value: dict[str, Any]) -> None:
        """Writes a JSON object, in place of one that is there."""
        query = urllib.parse.urlencode({"uploadType": "multipart"})
        body, content_type = _multipart({"name": name}, json.dumps(value).encode())
        self._call("POST", f"/upload/storage/v1/b/{self.bucket}/o?{query}", body, content_type)

    def list(self, prefix: str) -> list[dict[str, Any]]:
        """Name, size, crc32c and generation of every object under a prefix."""
        found: list[dict[str, Any]] = []
        page = ""
        while True:
            query = {"prefix": prefix, "maxResults": "1000", **({"pageToken": page} if page else {})}
            answer = json.loads(self._call("GET", f"/storage/v1/b/{self.bucket}/o?{urllib.parse.urlencode(query)}"))
            found += answer.get("items", [])
            page = answer.get("nextPageToken", "")
            if not page:
                return found

    def _call(self, method: str, path: str, body: bytes | None = None, content_type: str = JSON) -> bytes:
        request = Request(method, self._endpoint + path, body, content_type)
        return call_with_retry(request, self._token, self._pause)


def read_secret(name: str) -> str:
    """The value of a Secret Manager version. Raises `SECRET_DENIED`, `SECRET_MISSING`,
    `SECRET_UNAVAILABLE`.
    """
    try:
        answer = json.loads(call_with_retry(Request("GET", f"{SECRETS}/{name}:access"), Token(), time.sleep))
    except HttpError as error:
        code = {401: "SECRET_DENIED", 403: "SECRET_DENIED", 400: "SECRET_MISSING", 404: "SECRET_MISSING"}.get(error.status)
        raise IngestError(code or "SECRET_UNAVAILABLE", f"{name}: {error}") from None
    return base64.b64decode(answer["payload"]["data"]).decode()


def read_reference(reference: dict[str, str]) -> str:
    """The value that a spec names: a Secret Manager version or, on the local stack, a variable."""
    if reference["kind"] == "secret":
        return read_secret(reference["name"])
    value = os.environ.get(reference["name"])
    if value is None:
        raise IngestError("SECRET_MISSING", f"{reference['name']} is not set where the job runs")
    return value


def call_with_retry(request: Request, token: Token | None, pause: Any) -> bytes:
    """One call, its transient faults tried again with exponential backoff and jitter."""
    for attempt in range(TRIES):
        try:
            headers = {"Content-Type": request.content_type, **(token.header() if token else {})}
            return _send(urllib.request.Request(request.url, data=request.body, headers=headers, method=request.method))
        except HttpError as error:
            if error.status not in RETRIED or attempt == TRIES - 1:
                raise
            if error.status == 401 and token:
                token.forget()
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            if attempt == TRIES - 1:
                raise
        pause(min(0.5 * 2**attempt, 8.0) * (0.5 + random.random()))
    raise AssertionError("unreachable")


def _send(request: urllib.request.Request) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        raise HttpError(error.code, error.read().decode("utf8", "replace")) from None


def _multipart(metadata: dict[str, str], content: bytes) -> tuple[bytes, str]:
    """An object's metadata and content in one body. Not `uploadType=media`: fake-gcs-server ignores
    its precondition.
    """
    boundary = secrets.token_hex(16)
    head = f"--{boundary}\r\nContent-Type: {JSON}\r\n\r\n".encode()
    body = b"\r\n".join([head + json.dumps(metadata).encode(), head + content, f"--{boundary}--\r\n".encode()])
    return body, f"multipart/related; boundary={boundary}"


def _quote(name: str) -> str:
    return urllib.parse.quote(name, safe="")
