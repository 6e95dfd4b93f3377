"""From an exception to `error.json`: class, MySQL's errno and SQL state, one line of message
without secrets.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus

from adutora_errors import IngestError
from py4j.protocol import Py4JJavaError

MESSAGE_LENGTH = 2_000
GUARD_ERRNO = 1242
LOCK_WAIT_TIMEOUT = 1205
OUT_OF_MEMORY = "java.lang.OutOfMemoryError"
# Connector/J reports a failed handshake as a lost connection, with the reason as its cause, and a
# method that it was told not to answer as a wrong argument.
_TLS_CAUSE = re.compile(r"\b(?:javax\.net\.ssl|java\.security\.cert)\.\w+: (?P<message>[^\n]*)")
_MERELY_CUT = re.compile(r"SSLException: .*(?:Connection reset|Broken pipe|timed out)|remote host terminated the handshake", re.IGNORECASE)
_NO_TLS = "SSL Connection required, but not provided by server"
_LOST = "com.mysql.cj.exceptions.CJCommunicationsException"
_NO_METHOD = "Unable to load authentication plugin"
# An executor's exception reaches the driver as it is (measured, Spark 3.5), unless its class is not
# known there: then as text.
_IN_TEXT = re.compile(r"Caused by: (?P<type>[\w.]*(?:SQL\w*Exception|CommunicationsException)): (?P<message>[^\n]*)")


def sql_exception(error: BaseException) -> tuple[str, int, str, str] | None:
    """Class, errno, SQL state and message of the deepest `java.sql.SQLException` in a Java
    exception.
    """
    if not isinstance(error, Py4JJavaError):
        return None
    found = None
    cause, seen = error.java_exception, 0
    while cause is not None and seen < 30:
        name = cause.getClass().getName()
        if hasattr(cause, "getSQLState") and _is_sql_exception(cause):
            found = (name, int(cause.getErrorCode()), cause.getSQLState() or "", cause.getMessage() or "")
        cause, seen = cause.getCause(), seen + 1
    return found


def _is_sql_exception(cause: Any) -> bool:
    kind = cause.getClass()
    while kind is not None:
        if kind.getName() == "java.sql.SQLException":
            return True
        kind = kind.getSuperclass()
    return False


def refusal(error: BaseException) -> dict[str, Any] | None:
    """A server's refusal of a query, for captures; None for anything else, such as a lost
    connection.
    """
    found = sql_exception(error)
    if found is None or found[1] == 0:
        return None
    return {"errno": found[1], "message": found[3]}


def refusal_but_of_a_lock(error: BaseException) -> dict[str, Any] | None:
    """The same of one table that is about to be read: who waits for its lock in vain has failed."""
    found = refusal(error)
    return None if found is not None and found["errno"] == LOCK_WAIT_TIMEOUT else found


def describe(error: BaseException, secret: str) -> dict[str, Any]:
    """The fields of `error.json` that an exception tells."""
    if isinstance(error, IngestError):
        return _fields(type(error).__name__, error.message, secret, code=error.code)
    handshake = _handshake(error)
    if handshake is not None:
        return _fields(type(error).__name__, handshake[1], secret, code=handshake[0])
    found = sql_exception(error)
    if found is not None:
        name, errno, state, message = found
        code = "SOURCE_MOVED" if errno == GUARD_ERRNO else None
        return _fields(name, message, secret, code=code, errno=errno or None, sqlState=state or None)
    text = str(error)
    if OUT_OF_MEMORY in text:
        message = "Spark ran out of memory: a row, or several at once, are too long for it"
        return _fields("java.lang.OutOfMemoryError", message, secret, code="SPARK_OUT_OF_MEMORY")
    match = _IN_TEXT.search(text)
    if match is not None:
        message = match["message"]
        code = "SOURCE_MOVED" if "Subquery returns more than 1 row" in message else None
        return _fields(match["type"], message, secret, code=code, errno=errno_of_text(message), sqlState=state_of_text(match["type"]))
    return _fields(type(error).__name__, text.split("\n\tat ")[0], secret)


def _handshake(error: BaseException) -> tuple[str, str] | None:
    """Code and message of a connection that failed over encryption or the way to log in."""
    text = str(error)
    method = re.search(rf"{_NO_METHOD} '[^'\n]*'", text)
    if method is not None:
        return ("SOURCE_LOGIN_METHOD", method[0])
    if _NO_TLS in text:
        return ("SOURCE_TLS_REFUSED", _NO_TLS)
    # Cloud Storage is reached by TLS too.
    causes = _TLS_CAUSE.findall(text) if _LOST in text else []
    return ("SOURCE_TLS_REFUSED", causes[-1]) if causes and not _MERELY_CUT.search(text) else None


# MySQL's words -> errno, where there are only words: every session asks for English ones.
_WORDS = [
    ("Table definition has changed", 1412),
    ("Lock wait timeout exceeded", 1205),
    ("Deadlock found", 1213),
    ("Query execution was interrupted, maximum statement execution time exceeded", 3024),
    ("Query execution was interrupted", 1317),
    ("Unknown column", 1054),
    ("doesn't exist", 1146),
    ("Access denied", 1045),
    ("command denied", 1142),
    ("Too many connections", 1040),
]


def errno_of_text(message: str) -> int | None:
    for words, errno in _WORDS:
        if words in message:
            return errno
    return None


# Connector/J's classes, by SQL state.
_STATES = {"Communications": "08S01", "Connection": "08S01", "SQLDataException": "22000", "SQLSyntaxErrorException": "42000"}


def state_of_text(kind: str) -> str | None:
    return next((state for words, state in _STATES.items() if words in kind), None)


def _fields(name: str, message: str, secret: str, **known: Any) -> dict[str, Any]:
    line = " ".join(_without(message, secret).split())[:MESSAGE_LENGTH]
    return {"class": name, "code": None, "errno": None, "sqlState": None, **known, "message": line}


def _without(message: str, secret: str) -> str:
    """The message without the secret: as it is, as JSON, percent-encoded, in base64; with and
    without a line break at its end.
    """
    for text in filter(None, (secret, secret.rstrip())):
        plain = json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], quote(text, safe=""), quote_plus(text)
        for form in sorted({text, *plain, base64.b64encode(text.encode()).decode()}, key=len, reverse=True):
            message = message.replace(form, "***")
    return message
