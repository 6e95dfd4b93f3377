"""The mark that every statement of an attempt carries, and what is found by it at the server: what
runs, and what is left behind.
"""

from __future__ import annotations

import threading
from typing import Any

import adutora_failure as failure
import adutora_jdbc as jdbc

# A count that is not needed is waited for as long after the last row, and no longer.
COUNT_GRACE_S = 30


def running(session: jdbc.Session, spec: dict[str, Any]) -> list[dict[str, str | None]]:
    """Statements of this attempt that the server works on: id, seconds, state. None are known of a
    probe.
    """
    if "attemptId" not in spec:
        session.rows("SELECT 1")
        return []
    return session.rows(_query(f"{spec['sourceId']}-{spec['attemptId']} "))


def end_left_behind(session: jdbc.Session, spec: dict[str, Any]) -> list[int]:
    """Ends what earlier attempts of this load have left running at the server. A user may end
    statements of its own.
    """
    return _end(session, f"{spec['sourceId']}-{spec['loadId']}-a")


def end_own(session: jdbc.Session, spec: dict[str, Any]) -> list[int]:
    """Ends what this attempt has left running."""
    return _end(session, f"{spec['sourceId']}-{spec['attemptId']} ")


def _end(session: jdbc.Session, name: str) -> list[int]:
    try:
        found = [int(row["id"] or 0) for row in session.rows(_query(name))]
    except Exception as error:
        # A server that does not tell is no reason to load nothing.
        if failure.refusal(error) is None:
            raise
        return []
    ended = []
    for thread in found:
        try:
            session.execute(f"KILL QUERY {thread}")
            ended.append(thread)
        except Exception:
            # It has ended by itself in between.
            continue
    return ended


def _query(name: str) -> str:
    # In two parts, so that the question does not find itself.
    return (
        "SELECT CAST(ID AS CHAR) AS id, CAST(TIME AS CHAR) AS seconds, STATE AS state FROM information_schema.PROCESSLIST"
        f" WHERE ID <> CONNECTION_ID() AND INFO LIKE CONCAT('%/* adu', 'tora {name}%')"
    )


class Count:
    """COUNT(*) on a connection of its own, beside the reading, whose snapshot does not need it to
    be right. Use it in a `with`.
    """

    def __init__(self, session: jdbc.Session, sql: str) -> None:
        self._session, self._sql = session, sql
        self._value: int | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="adutora-count", daemon=True)

    def __enter__(self) -> Count:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        # Closing in order would wait for the answer.
        if self._thread.is_alive():
            self._session.abort()
        else:
            self._session.close()

    def _run(self) -> None:
        try:
            self._value = self._session.count(self._sql)
        except Exception as error:
            self._error = error

    def result(self, must_end: bool) -> int | None:
        """The count; None where it is not needed and has not ended, or could not be made. Raises
        what a needed one raised.
        """
        self._thread.join(None if must_end else COUNT_GRACE_S)
        if must_end and self._error is not None:
            raise self._error
        return self._value
