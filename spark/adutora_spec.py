"""`spec.json`: everything an attempt does, checked before anything is read.

The same shape as `src/pipeline/objects/spec.ts`. An unknown field is an error: script and worker
differ in version then, and doing half of what was asked would be worse than doing nothing.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from adutora_errors import IngestError

# Field -> type, or a nested shape; a list holds the shape of its items; None stands for "null, or
# the shape beside it".
_SHAPE: dict[str, Any] = {
    "version": int,
    "sourceId": str,
    "runId": str,
    "loadId": str,
    "attemptId": str,
    "attemptNumber": int,
    "ticket": int,
    "createdAt": str,
    "table": {"schema": str, "table": str},
    "engine": str,
    "address": {
        "host": str,
        "port": int,
        "user": str,
        "password": {"kind": str, "name": str},
        "tls": dict,
    },
    "code": {"script": str, "driverJar": str},
    "queries": {
        "session": [str],
        "guard": str,
        "identity": (None, str),
        "capture": [{"name": str, "sql": str, "isOptional": bool, "delayMs": int}],
        "count": str,
        "partitions": (None, str),
        "select": str,
    },
    "columns": [
        {
            "name": str,
            "destinationName": str,
            "bigqueryType": str,
            "form": str,
            "cell": str,
            "tag": (None, {"rule": str, "action": str}),
            "mask": (None, str),
        }
    ],
    "primaryKey": [str],
    "maskKey": (None, {"kind": str, "name": str}),
    "hasFingerprint": bool,
    "nullToken": str,
    "compression": str,
    "predicates": [str],
    "maxRowsPerObject": int,
    "isTransactional": bool,
    "settleSeconds": int,
    "signature": dict,
    "stage": {"bucket": str, "prefix": str},
}


def parse_spec(raw: bytes, expected_sha256: str) -> dict[str, Any]:
    """The spec of these bytes. Raises `SPEC_MISMATCH` for other bytes than were submitted,
    `SPEC_INVALID` for another shape.
    """
    found = hashlib.sha256(raw).hexdigest()
    if found != expected_sha256:
        raise IngestError("SPEC_MISMATCH", f"spec.json has sha256 {found}, {expected_sha256} was submitted")
    spec = json.loads(raw)
    _check(spec, _SHAPE, "spec")
    _check_values(spec)
    return spec


def _check(value: Any, shape: Any, where: str) -> None:
    if isinstance(shape, tuple):
        if value is not None:
            _check(value, shape[1], where)
    elif isinstance(shape, dict):
        _check_object(value, shape, where)
    elif isinstance(shape, list):
        _expect(isinstance(value, list), f"{where} is not a list")
        for index, item in enumerate(value):
            _check(item, shape[0], f"{where}[{index}]")
    else:
        # bool is an int in Python; a flag where a number is due is a mistake all the same.
        is_right = isinstance(value, shape) and not (shape is int and isinstance(value, bool))
        _expect(is_right, f"{where} is not a {shape.__name__}")


def _check_object(value: Any, shape: dict[str, Any], where: str) -> None:
    _expect(isinstance(value, dict), f"{where} is not an object")
    unknown = sorted(set(value) - set(shape))
    _expect(not unknown, f"{where} has unknown fields: {', '.join(unknown)}")
    missing = sorted(set(shape) - set(value))
    _expect(not missing, f"{where} lacks fields: {', '.join(missing)}")
    for key, inner in shape.items():
        _check(value[key], inner, f"{where}.{key}")


def _check_values(spec: dict[str, Any]) -> None:
    _expect(spec["version"] == 1, f"spec version {spec['version']} is not 1")
    _expect(spec["engine"] == "dataproc", f"engine {spec['engine']} is not this one")
    _expect(spec["compression"] in ("none", "gzip"), f"compression {spec['compression']} is not known")
    _expect(spec["address"]["password"]["kind"] in ("env", "secret"), "the password's kind is not known")
    _check_tls(spec["address"]["tls"])
    for column in spec["columns"]:
        _expect(column["form"] in ("quoted", "bare"), f"form {column['form']} is not known")
        _expect(column["cell"] == "text", f"cell {column['cell']} is not known")
        action = (column["tag"] or {}).get("action", "nullify")
        _expect(action in ("nullify", "error", "string", "seconds"), f"action {action} is not known")
        _expect(column["mask"] in (None, "hmac"), f"mask {column['mask']} is not known")
        _expect(column["mask"] is None or spec["maskKey"] is not None, f"column {column['name']} is masked, and maskKey is null")
    _expect((spec["maskKey"] or {}).get("kind", "env") in ("env", "secret"), "the mask key's kind is not known")


def _check_tls(tls: dict[str, Any]) -> None:
    """Each mode has fields of its own; `caPem` null leaves it to the machine's authorities."""
    mode = tls.get("mode")
    _expect(mode in ("verify-identity", "verify-ca", "required", "disabled"), "the TLS mode is not known")
    pem = (None, str) if mode == "verify-identity" else str
    has_pem = mode in ("verify-identity", "verify-ca")
    _check(tls, {"mode": str, **({"caPem": pem} if has_pem else {})}, "spec.source.tls")


def _expect(is_true: bool, message: str) -> None:
    if not is_true:
        raise IngestError("SPEC_INVALID", message)
