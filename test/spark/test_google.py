import email
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from adutora_google import HttpError, Storage


class Server:
    """Answers in the order it was told, and remembers what it was asked."""

    def __init__(self):
        self.answers = []
        self.requests = []
        self.content_types = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                server.requests.append((self.command, self.path, body, self.headers.get("Authorization")))
                server.content_types.append(self.headers.get("Content-Type"))
                status, answer = server.answers.pop(0)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server():
    one = Server()
    yield one
    one.http.shutdown()


@pytest.fixture
def storage(server):
    return Storage("b", f"http://127.0.0.1:{server.http.server_port}", pause=lambda _: None)


def test_objects_are_read_by_their_escaped_name_without_a_token(server, storage):
    server.answers = [(200, b"bytes"), (404, {})]
    assert storage.read("a/ç?.json") == b"bytes"
    assert storage.read("none") is None
    method, path, _, token = server.requests[0]
    assert (method, path, token) == ("GET", "/storage/v1/b/b/o/a%2F%C3%A7%3F.json?alt=media", None)


def test_an_object_is_created_only_once(server, storage):
    server.answers = [(200, {}), (412, {})]
    assert storage.create("a/ç", {"a": 1}) is True
    assert storage.create("n", {"a": 1}) is False
    method, path, body, _ = server.requests[0]
    assert (method, path) == ("POST", "/upload/storage/v1/b/b/o?uploadType=multipart&ifGenerationMatch=0")
    # Parsed by the library that reads mail: the API's "multipart/related" is MIME's.
    message = email.message_from_bytes(b"Content-Type: " + server.content_types[0].encode() + b"\r\n\r\n" + body)
    metadata, content = message.get_payload()
    assert message.get_content_type() == "multipart/related"
    assert json.loads(metadata.get_payload(decode=True)) == {"name": "a/ç"}
    assert content.get_payload(decode=True) == b'{\n "a": 1\n}\n'


def test_transient_faults_are_tried_again_and_others_are_not(server, storage):
    server.answers = [(503, {}), (429, {}), (200, b"x")]
    assert storage.read("n") == b"x"
    server.answers = [(403, {})]
    with pytest.raises(HttpError, match="403"):
        storage.read("n")


def test_a_fault_that_stays_is_told(server, storage):
    server.answers = [(503, {})] * 6
    with pytest.raises(HttpError, match="503"):
        storage.read("n")
    assert len(server.requests) == 6


def test_a_listing_is_read_to_its_last_page(server, storage):
    server.answers = [(200, {"items": [{"name": "1"}], "nextPageToken": "t"}), (200, {"items": [{"name": "2"}]})]
    assert [item["name"] for item in storage.list("p")] == ["1", "2"]
    assert "pageToken=t" in server.requests[1][1]
