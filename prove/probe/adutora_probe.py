"""What `npm run prove` runs on the cluster: says what it finds there as one line of JSON.

Arguments: the MySQL driver's class; MySQL's host:port or "-"; "yes" where there should be a
metadata server.
"""

import json
import platform
import socket
import sys
import urllib.request

import pyspark
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

METADATA = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/scopes"
FILLER_LINES = 200


def reaches(address):
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
        return "reached"
    except OSError as error:
        return f"not reached: {error}"


def scopes():
    request = urllib.request.Request(METADATA, headers={"Metadata-Flavor": "Google"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode().split()
    except OSError as error:
        return [f"no metadata server: {error}"]


def replaced(spark):
    rows = spark.createDataFrame([('say "x"',)], ["c"])
    return rows.select(F.replace(F.col("c"), F.lit('"'), F.lit('""')).alias("c")).first().c


def driver_found(spark, name):
    jvm = spark._jvm
    try:
        jvm.org.apache.spark.sql.execution.datasources.jdbc.DriverRegistry.register(name)
        return jvm.java.sql.DriverManager.getDriver("jdbc:mysql://127.0.0.1:3306/").getClass().getName()
    except Exception as error:
        return f"not found: {str(error).splitlines()[0]}"


def main():
    driver, mysql, metadata = sys.argv[1:4]
    spark = SparkSession.builder.getOrCreate()
    context = spark.sparkContext
    on_executor = context.parallelize([mysql], 1)
    found = {
        "python": platform.python_version(),
        "pyspark": pyspark.__version__,
        "java": spark._jvm.java.lang.System.getProperty("java.version"),
        "replace": replaced(spark),
        "driver": driver_found(spark, driver),
        "committer": context._jsc.hadoopConfiguration().get("mapreduce.fileoutputcommitter.algorithm.version"),
        "executor_python": on_executor.map(lambda _: platform.python_version()).first(),
        "mysql_from_executor": None if mysql == "-" else on_executor.map(reaches).first(),
        "driver_scopes": scopes() if metadata == "yes" else None,
        "executor_scopes": on_executor.map(lambda _: scopes()).first() if metadata == "yes" else None,
    }
    for line in range(FILLER_LINES):
        print(f"filler {line:04d} of the driver's output", flush=True)
    print("adutora-probe " + json.dumps(found), flush=True)


main()
