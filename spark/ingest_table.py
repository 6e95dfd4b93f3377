"""Reads one MySQL table as `spec.json` says and leaves a stage with its manifest in Cloud Storage.

    ingest_table.py --spec gs://BUCKET/…/spec.json --spec-sha256 HEX

Exit code 0: the manifest is there. 1: it failed, and `error.json` says why.
"""

from __future__ import annotations

import argparse
import re
import secrets
import sys
import time
from typing import Any

import adutora_failure as failure
import adutora_jdbc as jdbc
import adutora_line as lines
import adutora_mask as mask
import adutora_password as passwords
import adutora_statements as statements
from adutora_errors import IngestError
from adutora_findings import check_observed
from adutora_google import Storage, read_reference
from adutora_spec import parse_spec
from adutora_watch import Watch, locks
from pyspark.sql import Observation, SparkSession

MAX_OBJECTS = 10_000
MAX_PARTITIONS = 4_000


def parse_args(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--spec", required=True, help="gs:// address of spec.json")
    parser.add_argument("--spec-sha256", required=True, help="SHA-256 of its bytes, in hex")
    return parser.parse_args(argv)


def log(message: str) -> None:
    print(f"{now()} adutora: {message}", flush=True)


now = jdbc.utc_now


def check_committer(spark: SparkSession) -> None:
    """Committer 2 leaves parts of failed tasks in the listing that becomes the manifest."""
    version = spark._jsc.hadoopConfiguration().get("mapreduce.fileoutputcommitter.algorithm.version", "1")
    if version != "1":
        raise IngestError("UNSAFE_COMMITTER", f"mapreduce.fileoutputcommitter.algorithm.version is {version}, not 1")


def stage_rows(spark: SparkSession, spec: dict[str, Any], connection: dict[str, str], writer: str) -> dict[str, Any]:
    """Reads, composes and writes in one pass; what was counted in it."""
    observation = Observation("stage")
    composed = lines.compose(jdbc.read(spark, spec, connection), spec)
    text = composed.observe(observation, *lines.observations(spec)).select("value")
    writing = text.write.mode("errorifexists").option("maxRecordsPerFile", spec["maxRowsPerObject"]).option("lineSep", "\n")
    writing.option("compression", spec["compression"]).text(f"gs://{spec['stage']['bucket']}/{spec['stage']['prefix']}data/{writer}")
    return observation.get


def check_partitions(spark: SparkSession, spec: dict[str, Any], connection: dict[str, str]) -> None:
    query = spec["queries"]["partitions"]
    if query is None:
        return
    with jdbc.Session(spark, spec, connection) as session:
        found = session.count(jdbc.marked(spec, query))
    if found > MAX_PARTITIONS:
        raise IngestError("TOO_MANY_PARTITIONS", f"the rows make more than {MAX_PARTITIONS} partitions, BigQuery loads no more at once")


def object_facts(storage: Storage, prefix: str) -> list[dict[str, Any]]:
    """Size, crc32c and generation from Cloud Storage itself, not from Hadoop's listing."""
    parts = [item for item in storage.list(prefix) if item["name"].rsplit("/", 1)[1].startswith("part-")]
    if len(parts) > MAX_OBJECTS:
        raise IngestError("TOO_MANY_OBJECTS", f"{len(parts)} objects, BigQuery loads {MAX_OBJECTS} at most")
    return [{"name": i["name"], "bytes": int(i["size"]), "crc32c": i["crc32c"], "generation": str(i["generation"])} for i in parts]


def with_own_guard(session: jdbc.Session, queries: dict[str, Any]) -> dict[str, Any]:
    """The queries with a guard that holds every other connection to the server of this one, where
    the spec knows none.
    """
    if queries["identity"] is None:
        return queries
    (row,) = session.rows(queries["identity"])
    literal = f"_utf8mb4 X'{(row['own'] or '').encode().hex()}'"
    return {**queries, "guard": queries["guard"].replace("{identity}", literal)}


def run(spark: SparkSession, spec: dict[str, Any], spec_sha256: str, storage: Storage, password: str) -> dict[str, Any]:
    """The manifest of a stage that is complete."""

    def on_lost(error: IngestError) -> int:
        return fail(storage, spec["stage"]["prefix"], spec_sha256, error, password)

    check_committer(spark)
    mask.check_key(spec["maskKey"])
    connection = jdbc.properties(spec, password, jdbc.make_trust_store(spark, spec))
    with Watch(spark, spec, connection, on_lost, storage) as watch:
        try:
            return read_table(watch, {"spark": spark, "spec": spec, "connection": connection}, spec_sha256, storage)
        except Exception as error:
            end_quietly(spark, spec, connection)
            remember_locks(error, spark, spec, connection)
            changed = passwords.changed(error, spec, password)
            if changed is not None:
                raise changed from error
            raise


def read_table(watch: Watch, reading: dict[str, Any], spec_sha256: str, storage: Storage) -> dict[str, Any]:
    spark, spec, connection = reading["spark"], reading["spec"], reading["connection"]
    started_at = now()
    queries = spec["queries"]
    capture = [{**query, "sql": jdbc.marked(spec, query["sql"])} for query in queries["capture"]]
    with jdbc.Session(spark, spec, jdbc.asking(connection)) as session:
        ended = statements.end_left_behind(session, spec)
        if ended:
            log(f"ended {len(ended)} statement(s) that an earlier attempt had left running")
        queries = with_own_guard(session, queries)
        spec = {**spec, "queries": queries}
        session.rows(queries["guard"])
        # Who cannot even be asked for the whole row could not be read either: better told now than
        # after another wait.
        before = session.capture(capture, failure.refusal_but_of_a_lock)
    watch.step("counting")
    check_partitions(spark, spec, connection)
    writer = secrets.token_hex(6)
    readers = max(1, len(spec["predicates"]))
    log(f"reading with {readers} connection(s)")
    watch.step("reading")
    stage_start = time.monotonic()
    counting = jdbc.Session(spark, spec, connection)
    counting.rows(queries["guard"])
    with statements.Count(counting, jdbc.marked(spec, queries["count"])) as count:
        observed = stage_rows(spark, spec, connection, writer)
        stage_seconds = time.monotonic() - stage_start
        log(f"read and wrote {observed['rows']} rows in {stage_seconds:.1f} s")
        watch.step("counting")
        # One statement of InnoDB is one read view; several connections, or another engine, are held
        # together by the count alone.
        counted = count.result(must_end=not spec["isTransactional"] or readers > 1)
    counts = check_observed(spec, observed)
    watch.step("asking")
    with jdbc.Session(spark, spec, jdbc.asking(connection)) as session:
        session.rows(queries["guard"])
        if counted is None:
            statements.end_own(session, spec)
        after = session.capture(capture, failure.refusal)
    return {
        "version": 1,
        "attemptId": spec["attemptId"],
        "specSha256": spec_sha256,
        "rows": observed["rows"],
        "writer": writer,
        "objects": object_facts(storage, f"{spec['stage']['prefix']}data/{writer}/"),
        "policyCounts": counts,
        "fingerprint": lines.fingerprint(observed),
        "readers": readers,
        "counts": {"beside": counted},
        "captures": {"before": before, "after": after},
        "startedAt": started_at,
        "endedAt": now(),
        "engine": {"spark": spark.version, "application": spark.sparkContext.applicationId, "stageSeconds": f"{stage_seconds:.3f}"},
    }


def end_quietly(spark: SparkSession, spec: dict[str, Any], connection: dict[str, str]) -> None:
    """Ends what a failure has left running at the server; who cannot, leaves it to the next
    attempt.
    """
    try:
        with jdbc.Session(spark, spec, jdbc.answering(connection)) as session:
            statements.end_own(session, spec)
    except Exception as error:
        log(f"what was left running could not be looked for: {type(error).__name__}")


def remember_locks(error: Exception, spark: SparkSession, spec: dict[str, Any], connection: dict[str, str]) -> None:
    """Has an error that is about a lock tell who holds the table."""
    if failure.describe(error, "")["errno"] == failure.LOCK_WAIT_TIMEOUT:
        try:
            with jdbc.Session(spark, spec, jdbc.answering(connection)) as session:
                error.locks = locks(session, spec)
        except Exception:
            log("who holds the lock could not be asked")


def main(argv: list[str]) -> int:
    args = parse_args(argv)
    address = re.fullmatch(r"gs://([^/]+)/(.+/)spec\.json", args.spec)
    if address is None:
        print(f"--spec: expected gs://BUCKET/…/spec.json, got {args.spec}", file=sys.stderr)
        return 2
    storage, prefix = Storage(address[1]), address[2]
    if storage.read(f"{prefix}manifest.json") is not None:
        log("the manifest is there already; nothing to do")
        return 0
    password = ""
    try:
        raw = storage.read(f"{prefix}spec.json")
        if raw is None:
            raise IngestError("SPEC_INVALID", f"{args.spec} is not there")
        spec = parse_spec(raw, args.spec_sha256)
        password = read_reference(spec["address"]["password"])
        spark = SparkSession.builder.appName(spec["attemptId"]).getOrCreate()
        manifest = run(spark, spec, args.spec_sha256, storage, password)
    except Exception as error:
        return fail(storage, prefix, args.spec_sha256, error, password)
    if not storage.create(f"{prefix}manifest.json", manifest):
        log("another writer of this attempt was first; its manifest counts")
    log(f"staged {manifest['rows']} rows in {len(manifest['objects'])} objects")
    return 0


def fail(storage: Storage, prefix: str, spec_sha256: str, error: Exception, password: str) -> int:
    told = failure.describe(error, password)
    attempt = prefix.rstrip("/").rsplit("/", 1)[1]
    held = {"locks": getattr(error, "locks", None)}
    storage.create(f"{prefix}error.json", {"version": 1, "attemptId": attempt, "specSha256": spec_sha256, **told, **held, "endedAt": now()})
    log(f"failed: {told['code'] or told['class']}: {told['message']}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
