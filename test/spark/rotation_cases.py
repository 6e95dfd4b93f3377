"""What becomes of a load's connections when the password of MySQL is changed while it reads: driver
and executor.

rotation_cases.py JSON {"host", "port", "user", "admin"}

The passwords are in MYSQL_PASSWORD, MYSQL_NEXT_PASSWORD and MYSQL_ADMIN_PASSWORD. The first stands
for the secret: it holds the new one from the moment on in which the server knows it. Prints what
was met, step by step.
"""

import json
import os
import sys

import adutora_failure as failure
import adutora_jdbc as jdbc
import adutora_password as passwords
from pyspark.sql import SparkSession

QUERIES = {"session": [], "guard": "SELECT 1", "select": "SELECT c0 FROM (SELECT 'x' AS c0) one"}


def main(spark, case):
    source = {"host": case["host"], "port": case["port"], "tls": {"mode": "disabled"}}
    spec = {
        "address": {**source, "user": case["user"], "password": {"kind": "env", "name": "MYSQL_PASSWORD"}},
        "queries": QUERIES,
        "predicates": [],
    }
    first, following = os.environ["MYSQL_PASSWORD"], os.environ["MYSQL_NEXT_PASSWORD"]
    connection = jdbc.properties(spec, first, None)
    before = jdbc.Session(spark, spec, connection)
    jdbc.read(spark, spec, connection).collect()

    owner = {"address": {**source, "user": case["admin"]}, "queries": QUERIES}
    with jdbc.Session(spark, owner, jdbc.properties(owner, os.environ["MYSQL_ADMIN_PASSWORD"], None)) as admin:
        admin.execute(f"ALTER USER '{case['user']}'@'%' IDENTIFIED BY '{following}'")
    told = [denied(spark, spec, connection, first)]
    os.environ["MYSQL_PASSWORD"] = following
    told.append(before.rows("SELECT 'goes on' AS what")[0]["what"])
    with jdbc.Session(spark, spec, connection) as after:
        told.append(after.rows("SELECT 'in again' AS what")[0]["what"])
    told.append(by_executor(spark, spec, connection, first))
    told.append(jdbc.read(spark, spec, jdbc.properties(spec, following, None)).collect()[0]["c0"])
    return told


def denied(spark, spec, connection, password):
    try:
        jdbc.Session(spark, spec, connection)
        return "let in"
    except Exception as error:
        return failure.describe(error, password)["errno"]


def by_executor(spark, spec, connection, password):
    try:
        jdbc.read(spark, spec, connection).collect()
        return "let in"
    except Exception as error:
        changed = passwords.changed(error, spec, password)
        return changed.code if changed else failure.describe(error, password)["message"]


if __name__ == "__main__":
    print(f"outcomes {json.dumps(main(SparkSession.builder.getOrCreate(), json.loads(sys.argv[1])))}")
