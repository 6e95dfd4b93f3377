"""HMAC-SHA-256 in place of a text, made on the executors.

The key is read by whoever computes, from where the spec says; it is in no closure, plan,
configuration or event log. Only its address is.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from adutora_errors import IngestError
from adutora_google import read_reference
from pyspark.sql import Column
from pyspark.sql import functions as F

MIN_KEY_BYTES = 16


@lru_cache(maxsize=1)
def _key(kind: str, name: str) -> bytes:
    """Once a Python worker, which lives as long as its executor."""
    key = read_reference({"kind": kind, "name": name}).encode()
    if len(key) < MIN_KEY_BYTES:
        raise IngestError("SECRET_MISSING", f"the mask key has {len(key)} bytes, at least {MIN_KEY_BYTES} are needed")
    return key


def hmac_hex(text: str | None, kind: str, name: str) -> str | None:
    return None if text is None else hmac.new(_key(kind, name), text.encode(), hashlib.sha256).hexdigest()


def check_key(reference: dict[str, str] | None) -> None:
    """Fails on the driver, before anything is read, where the key cannot be had. Raises as
    `read_secret`.
    """
    if reference is not None:
        _key(reference["kind"], reference["name"])


def masked(value: Column, reference: dict[str, str]) -> Column:
    """The HMAC of a text, in hex; NULL of NULL."""
    kind, name = reference["kind"], reference["name"]
    return F.udf(lambda text: hmac_hex(text, kind, name), "string")(value)
