"""Connects to MySQL as a load does, in every way that it is given, from the driver and from an
executor on a "machine" of its own.

tls_cases.py JSON [{"host", "port", "user", "tls"}]; the password is in MYSQL_PASSWORD

Prints what came of each: ["ok", "ok"], or the code of what the driver met, and of what the executor
met.
"""

import json
import os
import sys

import adutora_failure as failure
import adutora_jdbc as jdbc
from pyspark.sql import SparkSession

QUERIES = {"session": [], "guard": "SELECT 1", "select": "SELECT c0 FROM (SELECT 'x' AS c0) one"}


def outcome(connect, password):
    try:
        connect()
        return "ok"
    except Exception as error:
        told = failure.describe(error, password)
        return told["code"] or told["sqlState"] or told["message"]


def both(spark, case, password):
    spec = {"address": case, "queries": QUERIES, "predicates": []}
    connection = jdbc.properties(spec, password, jdbc.make_trust_store(spark, spec))
    driver = outcome(lambda: jdbc.Session(spark, spec, connection).__exit__(), password)
    executor = outcome(lambda: jdbc.read(spark, spec, connection).collect(), password) if driver == "ok" else driver
    return [driver, executor]


if __name__ == "__main__":
    session = SparkSession.builder.getOrCreate()
    outcomes = [both(session, case, os.environ["MYSQL_PASSWORD"]) for case in json.loads(sys.argv[1])]
    print(f"outcomes {json.dumps(outcomes)}")
