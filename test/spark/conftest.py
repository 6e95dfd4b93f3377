"""One local Spark for the tests that need it."""

import os
from pathlib import Path

import pytest

MASK_KEY = "chave-de-teste-0123456789"


@pytest.fixture(scope="session")
def spark():
    from pyspark.sql import SparkSession

    # Python workers inherit from the JVM, as they do on the local stack.
    os.environ["MASK_KEY"] = MASK_KEY
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2] / "spark"), os.environ.get("PYTHONPATH", "")])
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()
