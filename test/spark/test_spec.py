import hashlib
import json

import pytest
from adutora_errors import IngestError
from adutora_jdbc import properties, session_variables
from adutora_spec import parse_spec

COLUMN = {"name": "c", "destinationName": "c", "bigqueryType": "INT64", "cell": "text"}


def spec(**changes):
    return {
        "version": 1,
        "sourceId": "main",
        "runId": "r",
        "loadId": "l",
        "attemptId": "a",
        "attemptNumber": 1,
        "ticket": 1,
        "createdAt": "2026-01-01T00:00:00Z",
        "table": {"schema": "s", "table": "t"},
        "engine": "dataproc",
        "address": {"host": "h", "port": 1, "user": "u", "password": {"kind": "env", "name": "P"}, "tls": {"mode": "disabled"}},
        "code": {"script": "a", "driverJar": "b"},
        "queries": {"session": [], "guard": "g", "identity": None, "capture": [], "count": "c", "partitions": None, "select": "s"},
        "columns": [{**COLUMN, "form": "bare", "tag": None, "mask": None}],
        "primaryKey": ["c"],
        "maskKey": None,
        "hasFingerprint": False,
        "nullToken": "\\NABCD",
        "compression": "none",
        "predicates": [],
        "maxRowsPerObject": 10,
        "isTransactional": True,
        "settleSeconds": 10,
        "signature": {},
        "stage": {"bucket": "b", "prefix": "p/"},
        **changes,
    }


def parse(value, sha=None):
    raw = json.dumps(value).encode()
    return parse_spec(raw, sha or hashlib.sha256(raw).hexdigest())


def test_a_good_spec_is_taken_as_it_is():
    assert parse(spec()) == spec()


def test_other_bytes_than_were_submitted_are_refused():
    with pytest.raises(IngestError) as error:
        parse(spec(), "0" * 64)
    assert error.value.code == "SPEC_MISMATCH"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"surprise": 1}, "unknown fields: surprise"),
        ({"version": 2}, "version 2"),
        ({"attemptNumber": "1"}, "attemptNumber is not a int"),
        ({"attemptNumber": True}, "attemptNumber is not a int"),
        ({"compression": "zstd"}, "compression zstd"),
        ({"columns": [{**COLUMN, "form": "odd", "tag": None, "mask": None}]}, "form odd"),
        ({"columns": [{**COLUMN, "form": "bare", "cell": "date", "tag": None, "mask": None}]}, "cell date"),
        ({"columns": [{**COLUMN, "form": "bare", "tag": {"rule": "r", "action": "odd"}, "mask": None}]}, "action odd"),
        ({"columns": [{**COLUMN, "form": "bare", "tag": None, "mask": "odd"}]}, "mask odd"),
        ({"columns": [{**COLUMN, "form": "bare", "tag": None, "mask": "hmac"}]}, "column c is masked, and maskKey is null"),
        ({"maskKey": {"kind": "odd", "name": "n"}}, "mask key's kind"),
        ({"stage": {"bucket": "b"}}, "lacks fields: prefix"),
        ({"engine": "direct"}, "engine direct"),
    ],
)
def test_another_shape_is_refused_by_name(changes, message):
    with pytest.raises(IngestError, match=message) as error:
        parse(spec(**changes))
    assert error.value.code == "SPEC_INVALID"


@pytest.mark.parametrize(
    ("tls", "expected"),
    [
        ({"mode": "verify-identity", "caPem": "p"}, None),
        ({"mode": "verify-identity", "caPem": None}, None),
        ({"mode": "verify-ca", "caPem": "p"}, None),
        ({"mode": "required"}, None),
        ({"mode": "verify-ca", "caPem": None}, "caPem is not a str"),
        ({"mode": "verify-ca"}, "lacks fields: caPem"),
        ({"mode": "required", "caPem": "p"}, "unknown fields: caPem"),
        ({"mode": "preferred"}, "TLS mode is not known"),
        ({}, "TLS mode is not known"),
    ],
)
def test_each_tls_mode_has_fields_of_its_own(tls, expected):
    source = {"host": "h", "port": 1, "user": "u", "password": {"kind": "env", "name": "P"}, "tls": tls}
    if expected is None:
        assert parse(spec(address=source))["address"]["tls"] == tls
    else:
        with pytest.raises(IngestError, match=expected):
            parse(spec(address=source))


def test_required_answers_no_request_that_would_tell_the_password():
    source = {"host": "h", "port": 1, "user": "u", "tls": {"mode": "required"}}
    made = properties({"address": source, "queries": {"session": []}}, "w", None)
    assert made["sslMode"] == "REQUIRED"
    assert made["defaultAuthenticationPlugin"] == "mysql_native_password"
    assert {"mysql_clear_password", "sha256_password", "caching_sha2_password"} <= set(made["disabledAuthenticationPlugins"].split(","))


@pytest.mark.parametrize("mode", ["verify-identity", "verify-ca", "disabled"])
def test_no_mode_answers_mysql_clear_password(mode):
    source = {"host": "h", "port": 1, "user": "u", "tls": {"mode": mode}}
    made = properties({"address": source, "queries": {"session": []}}, "w", "ca.p12")
    assert made["disabledAuthenticationPlugins"] == "mysql_clear_password"
    assert made["allowPublicKeyRetrieval"] == ("true" if mode == "disabled" else "false")
    # A path would be the driver's own.
    assert made["trustCertificateKeyStoreUrl"] == "file:ca.p12"


def test_session_statements_become_session_variables():
    assert session_variables(["SET SESSION time_zone = '+00:00'"]) == ["time_zone='+00:00'"]
    with pytest.raises(ValueError, match="not a session variable"):
        session_variables(["DROP TABLE x"])
