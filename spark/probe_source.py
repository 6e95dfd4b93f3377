"""Reaches MySQL from the cluster, once from the driver and once from an executor, as a load would; reads no table.

    probe_source.py --probe gs://BUCKET/…/probe.json

Leaves `result.json` beside it. Exit code 0: both reached the same server. 1: `result.json` says why not.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
from typing import Any

import adutora_failure as failure
import adutora_jdbc as jdbc
from adutora_errors import IngestError
from adutora_google import Storage
from ingest_table import log, now, read_password
from pyspark.sql import SparkSession


def run(spark: SparkSession, probe: dict[str, Any], password: str) -> dict[str, Any]:
    """What driver and executor were told by the server."""
    connection = jdbc.properties(probe, password, jdbc.make_trust_store(spark, probe))
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
    try:
        raw = storage.read(f"{prefix}probe.json")
        if raw is None:
            raise IngestError("SPEC_INVALID", f"{args.probe} is not there")
        probe = json.loads(raw)
        password = read_password(probe["source"]["password"])
        spark = SparkSession.builder.appName("adutora-doctor").getOrCreate()
        result = {"error": None, **run(spark, probe, password)}
    except Exception as error:
        result = {"error": failure.describe(error, password)}
    storage.create(f"{prefix}result.json", {"version": 1, "endedAt": now(), **result})
    log("the source was reached" if result["error"] is None else f"failed: {result['error']['message']}")
    return 0 if result["error"] is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
