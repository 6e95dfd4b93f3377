"""The stage's CSV line, composed in Spark as one string, so that no CSV option of Spark is involved.

STRING, BYTES, JSON and WKT are always quoted with doubled quotes; everything else is bare; NULL is the bare null token. A
value that its SELECT expression tagged with a leading `!` is treated as its column's rule says.
"""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F


def line(columns: list[dict[str, Any]], null_token: str) -> Column:
    """One string a row: the cells `c0`, `c1`, … joined by commas."""
    return F.concat_ws(",", *[_cell(F.col(f"c{index}"), column, null_token) for index, column in enumerate(columns)])


def _cell(value: Column, column: dict[str, Any], null_token: str) -> Column:
    value = _untagged(value, column)
    if column["form"] == "quoted":
        value = F.concat(F.lit('"'), F.replace(value, F.lit('"'), F.lit('""')), F.lit('"'))
    return F.coalesce(value, F.lit(null_token))


def _untagged(value: Column, column: dict[str, Any]) -> Column:
    """`nullify` and `error` leave NULL (an `error` fails the attempt by its count); `string` keeps the text."""
    if column["tag"] is None:
        return value
    if column["tag"]["action"] == "string":
        return F.when(value.startswith("!"), F.substring(value, 2, 2_147_483_647)).otherwise(value)
    return F.when(~value.startswith("!"), value)


def observations(columns: list[dict[str, Any]], null_token: str, has_fingerprint: bool = False) -> list[Column]:
    """What is counted in the pass that writes: rows, texts that equal the null token, tagged values a column, checksums."""
    counted = [F.count(F.lit(1)).alias("rows")]
    if has_fingerprint:
        counted += [F.count("fp").alias("fp_rows"), _sum_of_half(1, "fp_low"), _sum_of_half(18, "fp_high")]
    quoted = [F.coalesce(F.col(f"c{i}") == null_token, F.lit(False)) for i, column in enumerate(columns) if column["form"] == "quoted"]
    if quoted:
        counted.append(F.sum(sum_of(quoted)).alias("collisions"))
    for index, column in enumerate(columns):
        if column["tag"] is not None:
            counted.append(F.sum(F.col(f"c{index}").startswith("!").cast("long")).alias(f"tagged_{index}"))
    return counted


def _sum_of_half(start: int, name: str) -> Column:
    """Exact: 60 bits a row, in a decimal that holds 10^20 of them. The same sums as `source-sql/fingerprint.ts` makes in MySQL."""
    half = F.conv(F.substring("fp", start, 15), 16, 10).cast("decimal(20,0)")
    return F.coalesce(F.sum(half), F.lit(0).cast("decimal(30,0)")).alias(name)


def fingerprint(observed: dict[str, Any]) -> str | None:
    """`rows:sum:sum`; None where a row was too long for a checksum, or none was asked for."""
    if observed.get("fp_rows") != observed["rows"]:
        return None
    return f"{observed['rows']}:{observed['fp_low']}:{observed['fp_high']}"


def sum_of(flags: list[Column]) -> Column:
    """How many of the flags are true, in one expression of bounded depth."""
    total = F.lit(0)
    for flag in flags:
        total = total + flag.cast("int")
    return total.cast("long")


def policy_counts(columns: list[dict[str, Any]], observed: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Column -> `rule_action` -> how many, only what is above 0."""
    counts: dict[str, dict[str, int]] = {}
    for index, column in enumerate(columns):
        found = observed.get(f"tagged_{index}") or 0
        if found > 0:
            tag = column["tag"]
            counts[column["name"]] = {f"{tag['rule']}_{tag['action']}": found}
    return counts
