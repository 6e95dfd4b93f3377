"""Connector/J: the connection's properties, the driver's own small queries, and Spark's reading.

Everything is text: the SELECT casts, so neither Spark nor the driver interprets a value.
"""

from __future__ import annotations

import base64
import tempfile
import time
from typing import Any

from pyspark.sql import DataFrame, SparkSession

DRIVER = "com.mysql.cj.jdbc.Driver"
# Connector/J streams rows for exactly this fetch size; any other buffers the whole result (measured).
STREAMING = -2147483648
CONNECT_TIMEOUT_MS = 30_000
SOCKET_TIMEOUT_MS = 600_000
TRUST_STORE_PASSWORD = "adutora"


def url(spec: dict[str, Any]) -> str:
    """Without user and password: it may be logged."""
    source = spec["source"]
    return f"jdbc:mysql://{source['host']}:{source['port']}/"


def properties(spec: dict[str, Any], password: str, trust_store: str | None) -> dict[str, str]:
    """The connection's properties. `SET SESSION` statements travel as session variables, so that every connection has them."""
    mode = spec["source"]["tls"]["mode"]
    common = {
        "user": spec["source"]["user"],
        "password": password,
        "driver": DRIVER,
        "sslMode": {"required": "REQUIRED", "verify-ca": "VERIFY_CA", "disabled": "DISABLED"}[mode],
        "allowPublicKeyRetrieval": "true" if mode == "disabled" else "false",
        "characterEncoding": "UTF-8",
        "connectionTimeZone": "UTC",
        "tinyInt1isBit": "false",
        "yearIsDateType": "false",
        # The driver would add STRICT_TRANS_TABLES to our sql_mode.
        "jdbcCompliantTruncation": "false",
        "tcpKeepAlive": "true",
        "connectTimeout": str(CONNECT_TIMEOUT_MS),
        "socketTimeout": str(SOCKET_TIMEOUT_MS),
        "connectionAttributes": "program_name:adutora",
    }
    variables = session_variables(spec["queries"]["session"])
    if variables:
        common["sessionVariables"] = ",".join(variables)
    if trust_store is None:
        return common
    return {
        **common,
        "trustCertificateKeyStoreUrl": f"file:{trust_store}",
        "trustCertificateKeyStoreType": "PKCS12",
        "trustCertificateKeyStorePassword": TRUST_STORE_PASSWORD,
    }


def session_variables(statements: list[str]) -> list[str]:
    """`SET SESSION time_zone = '+00:00'` -> `time_zone='+00:00'`."""
    prefix = "SET SESSION "
    for statement in statements:
        if not statement.startswith(prefix):
            raise ValueError(f"not a session variable: {statement}")
    return [statement[len(prefix) :].replace(" = ", "=", 1) for statement in statements]


def make_trust_store(spark: SparkSession, spec: dict[str, Any]) -> str | None:
    """A key store with the certificate authority of `verify-ca`, for the driver's JVM and, as a Spark file, for executors."""
    if spec["source"]["tls"]["mode"] != "verify-ca":
        return None
    jvm = spark._jvm
    pem = spec["source"]["tls"]["caPem"]
    factory = jvm.java.security.cert.CertificateFactory.getInstance("X.509")
    store = jvm.java.security.KeyStore.getInstance("PKCS12")
    store.load(None, None)
    for index, part in enumerate(pem.split("-----END CERTIFICATE-----")[:-1]):
        der = base64.b64decode(part.split("-----BEGIN CERTIFICATE-----")[1])
        store.setCertificateEntry(f"ca{index}", factory.generateCertificate(jvm.java.io.ByteArrayInputStream(der)))
    path = tempfile.mkdtemp() + "/adutora-ca.p12"
    stream = jvm.java.io.FileOutputStream(path)
    store.store(stream, jvm.java.lang.String(TRUST_STORE_PASSWORD).toCharArray())
    stream.close()
    spark.sparkContext.addFile(path)
    return path


class Session:
    """One connection of the driver, for counts and captures. Use it in a `with`."""

    def __init__(self, spark: SparkSession, spec: dict[str, Any], connection_properties: dict[str, str]) -> None:
        jvm = spark._jvm
        # The driver jar is in Spark's class loader, which DriverManager does not look into by itself.
        jvm.org.apache.spark.sql.execution.datasources.jdbc.DriverRegistry.register(DRIVER)
        bag = jvm.java.util.Properties()
        for key, value in connection_properties.items():
            bag.setProperty(key, value)
        self._connection = jvm.java.sql.DriverManager.getConnection(url(spec), bag)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: Any) -> None:
        self._connection.close()

    def rows(self, sql: str) -> list[dict[str, str | None]]:
        """Every value as the server's text."""
        statement = self._connection.createStatement()
        try:
            result = statement.executeQuery(sql)
            meta = result.getMetaData()
            labels = [meta.getColumnLabel(i) for i in range(1, meta.getColumnCount() + 1)]
            rows = []
            while result.next():
                rows.append({label: result.getString(i) for i, label in enumerate(labels, 1)})
            return rows
        finally:
            statement.close()

    def count(self, sql: str) -> int:
        (row,) = self.rows(sql)
        (value,) = row.values()
        return int(value or 0)

    def capture(self, queries: list[dict[str, Any]], is_refusal: Any) -> dict[str, Any]:
        """The answers by name. A refused optional query is recorded; `is_refusal` gives errno and message, or None."""
        answers: dict[str, Any] = {}
        for query in queries:
            if query["delayMs"]:
                time.sleep(query["delayMs"] / 1000)
            try:
                answers[query["name"]] = {"rows": self.rows(query["sql"])}
            except Exception as error:
                refusal = is_refusal(error) if query["isOptional"] else None
                if refusal is None:
                    raise
                answers[query["name"]] = refusal
        return answers


def read(spark: SparkSession, spec: dict[str, Any], connection_properties: dict[str, str]) -> DataFrame:
    """The rows as text columns `c0`, `c1`, …: one statement, or one a predicate, each on a connection of its own."""
    select = spec["queries"]["select"]
    parts = [_read_one(spark, spec, connection_properties, f"{select} WHERE {predicate}") for predicate in spec["predicates"]]
    if not parts:
        return _read_one(spark, spec, connection_properties, select)
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.unionAll(part)
    return whole


def _read_one(spark: SparkSession, spec: dict[str, Any], connection_properties: dict[str, str], query: str) -> DataFrame:
    reader = spark.read.format("jdbc").option("url", url(spec)).option("dbtable", f"({query}) t").option("fetchsize", STREAMING)
    # Every connection that reads rows makes sure that it is the signature's server.
    reader = reader.option("sessionInitStatement", spec["queries"]["guard"])
    for key, value in connection_properties.items():
        reader = reader.option(key, value)
    return reader.load()
