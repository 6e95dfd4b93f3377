"""Beside the reading: what Spark and MySQL say of it, told in `progress.json`; and the end of a
reading that nobody serves any more.

Connector/J's socketTimeout ends every statement that is silent for longer, a COUNT of a large table
as well as a dead connection. So reading connections have none, and a thread with a connection of
its own looks instead whether the server still works for us.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import adutora_failure as failure
import adutora_jdbc as jdbc
from adutora_errors import IngestError
from adutora_statements import running

LOOK_S = 10
# Without a row for as long, it is asked who holds the table.
QUIET_S = 60
# The server takes no connection, or answers none.
SERVER_GONE_S = 300
# It answers, and works on no statement of ours, though a task still waits for rows: the connection
# died without a word.
STATEMENT_GONE_S = 1_800


@dataclass
class Look:
    """One look; times in seconds of a monotonic clock."""

    at: float
    # Rows read so far, and tasks that read; None where Spark reads nothing.
    rows: int | None
    tasks: int
    # Statements of ours at the server; None where it did not answer.
    statements: list[dict[str, str | None]] | None


@dataclass
class State:
    """What the looks so far come to."""

    rows: int = 0
    moved_at: float = 0.0
    answered_at: float = 0.0
    known_at: float = 0.0
    statements: list[dict[str, str | None]] = field(default_factory=list)

    def take(self, look: Look) -> None:
        if look.rows is not None and look.rows != self.rows:
            self.rows, self.moved_at = look.rows, look.at
        if look.statements is None:
            return
        self.statements, self.answered_at = look.statements, look.at
        # Spark that only writes needs no statement.
        if look.statements or look.tasks == 0:
            self.known_at = look.at

    def is_quiet(self, now: float) -> bool:
        return now - self.moved_at >= QUIET_S

    def verdict(self, now: float) -> str | None:
        """Why nobody serves this reading any more; None while somebody does."""
        if now - self.answered_at >= SERVER_GONE_S:
            return f"MySQL has not answered for {int(now - self.answered_at)} s"
        if now - max(self.known_at, self.moved_at) >= STATEMENT_GONE_S:
            return f"MySQL has worked on no statement of ours for {int(now - self.known_at)} s, and no row has come: a connection was lost"
        return None


class Watch:
    """A thread that looks every 10 s. Use it in a `with`. `storage` None: nothing is told."""

    def __init__(
        self, spark: Any, spec: dict[str, Any], properties: dict[str, str], on_lost: Callable[[IngestError], int], storage: Any = None
    ) -> None:
        """`on_lost` writes down why the reading ends, and gives the exit code."""
        self._spark, self._spec, self._storage = spark, spec, storage
        self._properties, self._on_lost = properties, on_lost
        self._own: jdbc.Session | None = None
        self._end = threading.Event()
        start = time.monotonic()
        self._state = State(moved_at=start, answered_at=start, known_at=start)
        self._step, self._since, self._moved = "asking", jdbc.utc_now(), jdbc.utc_now()
        self._thread = threading.Thread(target=self._run, name="adutora-watch", daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._end.set()
        self._thread.join(jdbc.ANSWER_TIMEOUT_MS / 1_000)
        self._forget_own()

    def step(self, name: str) -> None:
        """What the driver does from now on: `asking`, `reading`, `counting`."""
        self._step, self._since = name, jdbc.utc_now()

    def _run(self) -> None:
        while not self._end.wait(LOOK_S):
            now = time.monotonic()
            rows, tasks = rows_read(self._spark)
            # The driver waits for an answer itself.
            tasks = tasks or int(self._step == "counting")
            before = self._state.rows
            self._state.take(Look(at=now, rows=rows, tasks=tasks, statements=self._statements()))
            if self._state.rows != before:
                self._moved = jdbc.utc_now()
            self._tell(now)
            verdict = self._state.verdict(time.monotonic())
            if verdict is not None and not self._end.is_set():
                # Who waits for an answer that will not come can be told nothing, be it the driver,
                # Spark or an executor.
                os._exit(self._on_lost(IngestError("SOURCE_UNREACHABLE", verdict)))

    def _statements(self) -> list[dict[str, str | None]] | None:
        try:
            if self._own is None:
                self._own = jdbc.Session(self._spark, self._spec, jdbc.answering(self._properties))
            return running(self._own, self._spec)
        except Exception as error:
            # A refusal is an answer: then nobody knows what the server works on, and nothing is
            # concluded from it.
            if failure.refusal(error) is not None:
                return [{"id": None, "seconds": None, "state": None}]
            self._forget_own()
            return None

    def _forget_own(self) -> None:
        if self._own is not None:
            self._own.abort()
        self._own = None

    def _tell(self, now: float) -> None:
        if self._storage is None:
            return
        told = {
            "version": 1,
            "attemptId": self._spec["attemptId"],
            "at": jdbc.utc_now(),
            "step": self._step,
            "since": self._since,
            "rows": self._state.rows,
            "movedAt": self._moved,
            "isAnswering": self._state.answered_at >= now,
            "states": sorted({statement["state"] or "" for statement in self._state.statements} - {""}),
            "locks": self._locks() if self._state.is_quiet(now) else {},
        }
        # A courtesy: no load fails for want of it.
        with contextlib.suppress(Exception):
            self._storage.put(f"{self._spec['stage']['prefix']}progress.json", told)

    def _locks(self) -> dict[str, Any]:
        return locks(self._own, self._spec) if self._own is not None else {}


def locks(session: jdbc.Session, spec: dict[str, Any]) -> dict[str, Any]:
    """Who holds the table: the answers of the capture's queries about locks, raw; empty where they
    cannot be asked.
    """
    queries = [query for query in spec["queries"]["capture"] if query["name"].startswith("locks")]
    try:
        return session.capture(queries, failure.refusal)
    except Exception:
        return {}


def rows_read(spark: Any) -> tuple[int | None, int]:
    """Rows that the tasks of the running stage have read, as their executors told lately, and how
    many tasks run.
    """
    try:
        stages = spark.sparkContext._jsc.sc().statusStore().activeStages()
        found = [stages.apply(index) for index in range(stages.size())]
        return (sum(stage.inputRecords() for stage in found), sum(stage.numActiveTasks() for stage in found)) if found else (None, 0)
    except Exception:
        # An interface of Spark's own pages; without it, rows are not told.
        return None, 0
