"""Airflow's MySQLToGCSOperator without a bucket: airflow-load.py FOLDER TABLE..."""

import os
import sys

from airflow.providers.google.cloud.transfers.mysql_to_gcs import MySQLToGCSOperator

folder, *tables = sys.argv[1:]

for table in tables:
    operator = MySQLToGCSOperator(
        task_id="bench",
        sql=f"SELECT * FROM {table}",
        bucket="none",
        filename=f"{table}_{{}}.csv",
        mysql_conn_id="bench",
        export_format="csv",
    )
    for written in operator._write_local_data_files(operator.query()):
        handle = written["file_handle"]
        handle.flush()
        os.link(handle.name, os.path.join(folder, written["file_name"]))
        handle.close()
