"""Asks MySQL from the cluster, for a worker that does not reach it.

probe_source.py --probe gs://BUCKET/…/probe.json

With `queries.capture` the driver runs these SELECTs in order on one connection and leaves their
rows; with `queries.select` driver and executor both ask, as a load would, and must be told the
same. Exit code 0: `result.json` is beside the probe. 1: `error.json` says why not.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
from collections.abc import Callable
from typing import Any

import adutora_failure as failure
import adutora_jdbc as jdbc
from adutora_errors import IngestError
from adutora_google import Storage, read_reference
from adutora_watch import Watch
from ingest_table import log, now
from pyspark.sql import SparkSession


def run(spark: SparkSession, probe: dict[str, Any], password: str, on_lost: Callable[[Exception], int]) -> dict[str, Any]:
    """The rows of the capture, or what driver and executor were told by the server."""
    connection = jdbc.properties(probe, password, jdbc.make_trust_store(spark, probe))
    queries = probe["queries"].get("capture")
    if queries is not None:
        log(f"asking {len(queries)} queries")
        # A checksum is silent for as long as it reads.
        with Watch(spark, probe, connection, on_lost), jdbc.Session(spark, probe, connection) as session:
            return {"capture": session.capture(queries, failure.refusal)}
    with jdbc.Session(spark, probe, connection) as session:
        (row,) = session.rows(probe["queries"]["select"])
    driver = list(row.values())
    executor = list(jdbc.read(spark, probe, connection).collect()[0])
    if driver != executor:
        raise IngestError("SOURCE_MOVED", f"the driver reached {driver}, an executor {executor}")
    return {"server": driver, "spark": spark.version, "python": platform.python_version()}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--probe", required=True, help="gs:// address of probe.json")
    args = parser.parse_args(argv)
    address = re.fullmatch(r"gs://([^/]+)/(.+/)probe\.json", args.probe)
    if address is None:
        print(f"--probe: expected gs://BUCKET/…/probe.json, got {args.probe}", file=sys.stderr)
        return 2
    storage, prefix, password = Storage(address[1]), address[2], ""

    def fail(error: Exception) -> int:
        told = failure.describe(error, password)
        storage.create(f"{prefix}error.json", {"version": 1, **told, "endedAt": now()})
        log(f"failed: {told['code'] or told['class']}: {told['message']}")
        return 1

    try:
        raw = storage.read(f"{prefix}probe.json")
        if raw is None:
            raise IngestError("SPEC_INVALID", f"{args.probe} is not there")
        probe = json.loads(raw)
        password = read_reference(probe["address"]["password"])
        spark = SparkSession.builder.appName(prefix.rstrip("/").rsplit("/", 1)[1]).getOrCreate()
        result = run(spark, probe, password, fail)
    except Exception as error:
        return fail(error)
    storage.create(f"{prefix}result.json", {"version": 1, "endedAt": now(), **result})
    log("the source has answered")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
