"""The password of MySQL, asked for again where the server denies it: a new version needs no
restart.
"""

from __future__ import annotations

from typing import Any

import adutora_failure as failure
from adutora_errors import IngestError
from adutora_google import read_reference

ACCESS_DENIED = 1045


def newer(spec: dict[str, Any], tried: str) -> str | None:
    """What the spec's reference holds now, if that is another password; None also where it cannot
    be read.
    """
    reference = spec["address"].get("password")
    if reference is None:
        return None
    try:
        held = read_reference(reference)
    except Exception:
        return None
    return None if held == tried else held


def is_denied(error: BaseException) -> bool:
    return failure.describe(error, "")["errno"] == ACCESS_DENIED


def changed(error: BaseException, spec: dict[str, Any], tried: str) -> IngestError | None:
    """What a denied login is where the password is another one by now: an executor keeps that of
    its plan.
    """
    if not is_denied(error) or newer(spec, tried) is None:
        return None
    return IngestError("SOURCE_PASSWORD_CHANGED", "the password was changed while the rows were read")
