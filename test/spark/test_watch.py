"""The looks beside a reading, and the mark of its statements. Without a Spark session."""

import threading

import adutora_jdbc as jdbc
import adutora_statements as statements
import pytest
from adutora_watch import QUIET_S, SERVER_GONE_S, STATEMENT_GONE_S, Look, State

SPEC = {"sourceId": "main", "loadId": "L-1", "attemptId": "L-1-a2"}
AT_WORK = [{"id": "7", "seconds": "3", "state": "executing"}]


def state(*looks):
    found = State()
    for look in looks:
        found.take(look)
    return found


def test_a_reading_that_is_silent_for_hours_goes_on_while_the_server_works_for_it():
    found = state(*(Look(at=10.0 * n, rows=0, tasks=1, statements=AT_WORK) for n in range(2_000)))
    assert found.verdict(20_000) is None
    assert found.is_quiet(20_000)


def test_a_server_that_does_not_answer_ends_it_after_five_minutes():
    found = state(Look(0, 5, 1, AT_WORK), Look(10, 5, 1, None), Look(SERVER_GONE_S - 1, 5, 1, None))
    assert found.verdict(SERVER_GONE_S - 1) is None
    assert "has not answered for 300 s" in found.verdict(SERVER_GONE_S)


def test_a_server_that_works_on_nothing_of_ours_ends_it_though_it_answers():
    looks = [Look(0, 5, 1, AT_WORK), *(Look(at, 5, 1, []) for at in range(10, STATEMENT_GONE_S + 10, 10))]
    assert state(*looks[:-1]).verdict(STATEMENT_GONE_S - 1) is None
    assert "worked on no statement of ours" in state(*looks).verdict(STATEMENT_GONE_S)


def test_rows_that_still_come_prove_that_somebody_serves_it():
    looks = [Look(0, 5, 1, AT_WORK), Look(STATEMENT_GONE_S - 10, 6, 1, []), Look(STATEMENT_GONE_S, 6, 1, [])]
    assert state(*looks).verdict(STATEMENT_GONE_S) is None


def test_spark_that_only_writes_needs_no_statement():
    looks = [Look(0, 5, 1, AT_WORK), *(Look(at, None, 0, []) for at in range(10, 2 * STATEMENT_GONE_S, 10))]
    assert state(*looks).verdict(2 * STATEMENT_GONE_S) is None


@pytest.mark.parametrize(("moved", "is_quiet"), [(1.0, True), (2.0, False)])
def test_quiet_is_a_minute_without_a_row(moved, is_quiet):
    assert state(Look(moved, 5, 1, AT_WORK)).is_quiet(QUIET_S + 1.0) is is_quiet


def test_a_statement_says_whose_it_is():
    assert jdbc.marked(SPEC, "SELECT COUNT(*) FROM `t`") == "SELECT /* adutora main-L-1-a2 */ COUNT(*) FROM `t`"
    assert jdbc.marked({}, "SELECT 1") == "SELECT 1"
    assert jdbc.marked(SPEC, "SHOW GLOBAL VARIABLES") == "SHOW GLOBAL VARIABLES"
    with pytest.raises(ValueError, match="not a SELECT"):
        jdbc.marked(SPEC, "WITH x AS (SELECT 1) SELECT * FROM x")


class Session:
    """A server with one statement of ours, and one that has ended in between."""

    def __init__(self):
        self.asked, self.killed = [], []

    def rows(self, sql):
        self.asked.append(sql)
        return [{"id": "7"}, {"id": "8"}]

    def execute(self, sql):
        if sql.endswith(" 8"):
            raise RuntimeError("Unknown thread id: 8")
        self.killed.append(sql)


def test_what_earlier_attempts_left_is_ended_and_the_question_does_not_find_itself():
    session = Session()
    assert statements.end_left_behind(session, SPEC) == [7]
    assert session.killed == ["KILL QUERY 7"]
    assert "'tora main-L-1-a%'" in session.asked[0]
    assert "adutora" not in session.asked[0]


class Counting:
    """A connection whose count ends with an error, or never."""

    def __init__(self, answers):
        self.ended, self._answers = [], answers

    def count(self, _sql):
        if not self._answers:
            threading.Event().wait()
        raise RuntimeError("Query execution was interrupted")

    def close(self):
        self.ended.append("close")

    def abort(self):
        self.ended.append("abort")


def test_a_count_that_is_needed_raises_and_one_that_is_not_is_left_out():
    session = Counting(answers=True)
    with statements.Count(session, "SELECT 1") as count:
        assert count.result(must_end=False) is None
    with statements.Count(session, "SELECT 1") as count, pytest.raises(RuntimeError, match="interrupted"):
        count.result(must_end=True)
    assert session.ended == ["close", "close"]


def test_a_count_that_has_not_ended_does_not_hold_the_load(monkeypatch):
    monkeypatch.setattr(statements, "COUNT_GRACE_S", 0)
    session = Counting(answers=False)
    with statements.Count(session, "SELECT 1") as count:
        assert count.result(must_end=False) is None
    assert session.ended == ["abort"]


def test_no_statement_that_reads_rows_is_ended_for_being_silent():
    spec = {"address": {"user": "u", "tls": {"mode": "disabled"}}, "queries": {"session": ["SET SESSION lock_wait_timeout = 120"]}}
    properties = jdbc.properties(spec, "p", None)
    assert "socketTimeout" not in properties
    assert (properties["tcpKeepAlive"], properties["sessionVariables"]) == ("true", "lock_wait_timeout=120")
    assert int(jdbc.asking(properties)["socketTimeout"]) > int(jdbc.answering(properties)["socketTimeout"]) > 0
