"""Connector/J: the connection's properties, the driver's own small queries, and Spark's reading.

Everything is text: the SELECT casts, so neither Spark nor the driver interprets a value.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import time
from datetime import datetime, timezone
from typing import Any

from adutora_password import is_denied, newer
from pyspark.sql import DataFrame, SparkSession

DRIVER = "com.mysql.cj.jdbc.Driver"
# Connector/J streams rows for exactly this fetch size; any other buffers the whole result
# (measured).
STREAMING = -2147483648
CONNECT_TIMEOUT_MS = 30_000
# Of a connection that asks for metadata: longer than its locks are waited for. Who reads rows has
# none (adutora_watch.py).
ASKING_TIMEOUT_MS = 1_800_000
ANSWER_TIMEOUT_MS = 30_000
TRUST_STORE_PASSWORD = "adutora"
SSL_MODES = {"verify-identity": "VERIFY_IDENTITY", "verify-ca": "VERIFY_CA", "required": "REQUIRED", "disabled": "DISABLED"}
# Its answer is the password and nothing else.
CLEAR_METHOD = "mysql_clear_password"
# Every other method of the driver but mysql_native_password, whose answer alone never holds the
# password (or a token in its place).
TELLING_METHODS = [
    "caching_sha2_password",
    "sha256_password",
    "mysql_old_password",
    "authentication_ldap_sasl_client",
    "authentication_kerberos_client",
    "authentication_oci_client",
    "authentication_openid_connect_client",
    "authentication_webauthn_client",
]


def url(spec: dict[str, Any]) -> str:
    """Without user and password: it may be logged."""
    address = spec["address"]
    return f"jdbc:mysql://{address['host']}:{address['port']}/"


def properties(spec: dict[str, Any], password: str, trust_store: str | None) -> dict[str, str]:
    """The connection's properties. `SET SESSION` statements travel as session variables, so that
    every connection has them.
    """
    mode = spec["address"]["tls"]["mode"]
    common = {
        "user": spec["address"]["user"],
        "password": password,
        "driver": DRIVER,
        "sslMode": SSL_MODES[mode],
        # Without encryption, on the loopback interface, the password travels under a key that the
        # server names.
        "allowPublicKeyRetrieval": "true" if mode == "disabled" else "false",
        **login_methods(mode),
        "characterEncoding": "UTF-8",
        "connectionTimeZone": "UTC",
        "tinyInt1isBit": "false",
        "yearIsDateType": "false",
        # The driver would add STRICT_TRANS_TABLES to our sql_mode.
        "jdbcCompliantTruncation": "false",
        # A name such as `preco {d '2024-01-01'}` is no escape of JDBC.
        "enableEscapeProcessing": "false",
        "processEscapeCodesForPrepStmts": "false",
        "tcpKeepAlive": "true",
        "connectTimeout": str(CONNECT_TIMEOUT_MS),
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


def login_methods(mode: str) -> dict[str, str]:
    """Which requests for the password the driver answers; `required` does not know who asks."""
    if mode != "required":
        return {"disabledAuthenticationPlugins": CLEAR_METHOD}
    disabled = ",".join([CLEAR_METHOD, *TELLING_METHODS])
    return {"defaultAuthenticationPlugin": "mysql_native_password", "disabledAuthenticationPlugins": disabled}


def marked(spec: dict[str, Any], sql: str) -> str:
    """A SELECT that says at the server whose it is: by the name of its Dataproc job. A probe is
    nobody's; a SHOW waits for nothing.
    """
    if "attemptId" not in spec or sql.startswith("SHOW "):
        return sql
    head = "SELECT "
    if not sql.startswith(head):
        raise ValueError(f"not a SELECT: {sql[:40]}")
    return f"{head}/* adutora {spec['sourceId']}-{spec['attemptId']} */ {sql[len(head) :]}"


def asking(connection_properties: dict[str, str]) -> dict[str, str]:
    """The properties of a connection whose statements are never silent for long."""
    return {**connection_properties, "socketTimeout": str(ASKING_TIMEOUT_MS)}


def answering(connection_properties: dict[str, str]) -> dict[str, str]:
    """The properties of a connection that must answer soon or is of no use."""
    return {**connection_properties, "socketTimeout": str(ANSWER_TIMEOUT_MS)}


def utc_now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def session_variables(statements: list[str]) -> list[str]:
    """`SET SESSION time_zone = '+00:00'` -> `time_zone='+00:00'`."""
    prefix = "SET SESSION "
    for statement in statements:
        if not statement.startswith(prefix):
            raise ValueError(f"not a session variable: {statement}")
    return [statement[len(prefix) :].replace(" = ", "=", 1) for statement in statements]


def make_trust_store(spark: SparkSession, spec: dict[str, Any]) -> str | None:
    """A key store with the authorities of `caPem`, for the driver's JVM and every executor's: its
    name in their working directories.

    Executors run on other machines, where a path of the driver's leads nowhere; Spark puts the file
    into the folder that they work in.
    """
    pem = spec["address"]["tls"].get("caPem")
    if pem is None:
        return None
    jvm = spark._jvm
    factory = jvm.java.security.cert.CertificateFactory.getInstance("X.509")
    store = jvm.java.security.KeyStore.getInstance("PKCS12")
    store.load(None, None)
    for index, der in enumerate(certificates(pem)):
        store.setCertificateEntry(f"ca{index}", factory.generateCertificate(jvm.java.io.ByteArrayInputStream(der)))
    name = f"adutora-ca-{hashlib.sha256(pem.encode()).hexdigest()[:12]}.p12"
    folder = jvm.java.lang.System.getProperty("user.dir")
    path = f"{folder}/{name}"
    # Another driver in this folder may be reading the same store.
    fresh = f"{path}.{secrets.token_hex(6)}"
    stream = jvm.java.io.FileOutputStream(fresh)
    store.store(stream, _characters(spark, TRUST_STORE_PASSWORD))
    stream.close()
    os.replace(fresh, path)
    spark.sparkContext.addFile(path)
    return name


def _characters(spark: SparkSession, text: str) -> Any:
    """A Java `char[]`; a Java string would become Python's on its way here."""
    gateway = spark.sparkContext._gateway
    array = gateway.new_array(gateway.jvm.char, len(text))
    for index, character in enumerate(text):
        array[index] = character
    return array


def certificates(pem: str) -> list[bytes]:
    """The certificates of a PEM file, in DER."""
    return [base64.b64decode(part.split("-----BEGIN CERTIFICATE-----")[1]) for part in pem.split("-----END CERTIFICATE-----")[:-1]]


class Session:
    """One connection of the driver, for counts and captures. Use it in a `with`."""

    def __init__(self, spark: SparkSession, spec: dict[str, Any], connection_properties: dict[str, str]) -> None:
        jvm = spark._jvm
        self._jvm = jvm
        # The driver jar is in Spark's class loader, which DriverManager does not look into by
        # itself.
        jvm.org.apache.spark.sql.execution.datasources.jdbc.DriverRegistry.register(DRIVER)
        try:
            self._connection = self._open(spec, connection_properties)
        except Exception as error:
            password = newer(spec, connection_properties["password"]) if is_denied(error) else None
            if password is None:
                raise
            self._connection = self._open(spec, {**connection_properties, "password": password})

    def _open(self, spec: dict[str, Any], connection_properties: dict[str, str]) -> Any:
        bag = self._jvm.java.util.Properties()
        for key, value in connection_properties.items():
            bag.setProperty(key, value)
        return self._jvm.java.sql.DriverManager.getConnection(url(spec), bag)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """In order: an answer that is still to come is waited for."""
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

    def execute(self, sql: str) -> None:
        statement = self._connection.createStatement()
        try:
            statement.execute(sql)
        finally:
            statement.close()

    def abort(self) -> None:
        """Closes the socket from another thread, without a word to the server: whoever waits for an
        answer gets an error.
        """
        # A pool whose threads do not keep the JVM alive.
        self._connection.abort(self._jvm.java.util.concurrent.ForkJoinPool.commonPool())

    def count(self, sql: str) -> int:
        (row,) = self.rows(sql)
        (value,) = row.values()
        return int(value or 0)

    def capture(self, queries: list[dict[str, Any]], is_refusal: Any) -> dict[str, Any]:
        """The answers by name. A refused optional query is recorded; `is_refusal` gives errno and
        message, or None.
        """
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
    """The rows as text columns `c0`, `c1`, …: one statement, or one a predicate, each on a
    connection of its own.
    """
    select = marked(spec, spec["queries"]["select"])
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
