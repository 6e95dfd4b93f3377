"""dlt's `sql_database` to Parquet files: dlt-load.py URL SCHEMA FOLDER TABLE..."""

import os
import sys

url, schema, folder, *tables = sys.argv[1:]
os.environ["DLT_DATA_DIR"] = f"{folder}/.dlt"
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt  # noqa: E402
from dlt.sources.sql_database import sql_database  # noqa: E402

source = sql_database(
    url.replace("mysql://", "mysql+pymysql://"),
    schema=schema,
    table_names=tables,
    backend="connectorx",
    backend_kwargs={"conn": url},
    chunk_size=50_000,
)
pipeline = dlt.pipeline(
    "bench",
    destination=dlt.destinations.filesystem(f"file://{folder}/data"),
    dataset_name="d",
    pipelines_dir=f"{folder}/.pipelines",
)
pipeline.run(source, loader_file_format="parquet", write_disposition="replace")
