"""The stage's CSV line, composed in Spark as one string, so that no CSV option of Spark is
involved.

STRING, BYTES, JSON and WKT are always quoted with doubled quotes; everything else is bare; NULL is
the bare null token. A value that its SELECT expression tagged with a leading `!` is treated as its
column's rule says; a text that its column cannot give is the tag of texts alone.

What is found on the way is a column of its own beside the line, so that each cell is composed once.
"""

from __future__ import annotations

from typing import Any

from adutora_mask import masked
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# BigQuery loads rows of up to 100 MB.
MAX_ROW_BYTES = 100 * 1024 * 1024
# Actions that keep the text behind the tag.
KEEPING = ("string", "seconds")
# Stands for a text that its column cannot give: a text may well begin with `!`.
TEXT_TAG = "!\U0010fffe"


def compose(rows: DataFrame, spec: dict[str, Any]) -> DataFrame:
    """`value`, the line; `collided`, texts that equal the null token; `tagged_N`; `row_key` where a
    message may need it; `fp`.
    """
    columns = spec["columns"]
    found = [_is_tagged(F.col(f"c{i}"), column).alias(f"tagged_{i}") for i, column in enumerate(columns) if column["tag"]]
    if spec["hasFingerprint"]:
        found.append(F.col("fp"))
    # A row that is too long is not composed, which would need its length several times over; it
    # fails the attempt by its count.
    is_too_long = _cells_bytes(spec) > MAX_ROW_BYTES
    value = F.when(~is_too_long, line(spec))
    return rows.select(value.alias("value"), _collided(spec).alias("collided"), row_key(spec).alias("row_key"), *found)


def _cells_bytes(spec: dict[str, Any]) -> Column:
    """Bytes of a row's cells as they were read; the line is never shorter."""
    # A hash is short whatever it is made of.
    shown = [index for index, column in enumerate(spec["columns"]) if column["mask"] is None]
    return _sum_of([F.coalesce(F.octet_length(f"c{index}"), F.lit(0)).cast("long") for index in shown])


def _sum_of(terms: list[Column]) -> Column:
    """By halves: a thousand additions one in the other overflow the stack of Spark's analyser."""
    if len(terms) < 2:
        return terms[0] if terms else F.lit(0)
    middle = len(terms) // 2
    return _sum_of(terms[:middle]) + _sum_of(terms[middle:])


def line(spec: dict[str, Any]) -> Column:
    """One string a row: the cells `c0`, `c1`, … joined by commas."""
    return F.concat_ws(",", *[_cell(F.col(f"c{index}"), column, spec) for index, column in enumerate(spec["columns"])])


def _cell(value: Column, column: dict[str, Any], spec: dict[str, Any]) -> Column:
    value = _untagged(value, column)
    if column["mask"] == "hmac":
        value = masked(value, spec["maskKey"])
    if column["form"] == "quoted":
        value = F.concat(F.lit('"'), F.replace(value, F.lit('"'), F.lit('""')), F.lit('"'))
    return F.coalesce(value, F.lit(spec["nullToken"]))


def _untagged(value: Column, column: dict[str, Any]) -> Column:
    """`nullify` and `error` leave NULL (an `error` fails the attempt by its count); `string` and
    `seconds` keep the text.
    """
    if column["tag"] is None:
        return value
    if column["tag"]["action"] in KEEPING:
        return F.when(_is_tagged(value, column), F.substring(value, 2, 2_147_483_647)).otherwise(value)
    return F.when(~_is_tagged(value, column), value)


def _is_tagged(value: Column, column: dict[str, Any]) -> Column:
    return value == TEXT_TAG if column["tag"]["rule"] == "text_not_unicode" else value.startswith("!")


def _collided(spec: dict[str, Any]) -> Column:
    """How many texts of a row equal the null token; a hash never does."""
    quoted = [index for index, column in enumerate(spec["columns"]) if column["form"] == "quoted" and column["mask"] is None]
    return _sum_of([F.coalesce(F.col(f"c{index}") == spec["nullToken"], F.lit(False)).cast("int") for index in quoted])


def row_key(spec: dict[str, Any]) -> Column:
    """The row's primary key as a message may show it: `id=7, cpf=(masked)`. Nothing of what a rule
    hides.
    """
    shown = {column["name"]: index for index, column in enumerate(spec["columns"]) if column["mask"] is None}
    parts: list[Column] = []
    for name in spec["primaryKey"]:
        index = shown.get(name)
        text = F.lit("(masked)") if index is None else F.coalesce(F.substring(F.col(f"c{index}"), 1, 100), F.lit("NULL"))
        parts.append(F.concat(F.lit(f"{name}="), text))
    return F.concat_ws(", ", *parts) if parts else F.lit("a table without a primary key")


def observations(spec: dict[str, Any]) -> list[Column]:
    """What is counted in the pass that writes: rows, collisions, rows that are too long, tagged
    values a column, checksums.
    """
    too_long = F.col("value").isNull() | (F.octet_length("value") > MAX_ROW_BYTES)
    counted = [F.count(F.lit(1)).alias("rows"), F.sum("collided").alias("collisions")]
    counted += [F.sum(too_long.cast("long")).alias("too_long"), _first_key(too_long, "too_long_key")]
    if spec["hasFingerprint"]:
        counted += [F.count("fp").alias("fp_rows"), _sum_of_half(1, "fp_low"), _sum_of_half(16, "fp_high")]
    for index, column in enumerate(spec["columns"]):
        if column["tag"] is not None:
            tagged = F.col(f"tagged_{index}")
            counted.append(F.sum(tagged.cast("long")).alias(f"tagged_{index}"))
            if column["tag"]["action"] == "error":
                counted.append(_first_key(tagged, f"key_{index}"))
    return counted


def _first_key(flag: Column, name: str) -> Column:
    return F.first(F.when(flag, F.col("row_key")), ignorenulls=True).alias(name)


def _sum_of_half(start: int, name: str) -> Column:
    """Exact: 60 bits a row, in a decimal that holds 10^20 of them. The same sums as
    `source/fingerprint.ts` makes in MySQL.
    """
    half = F.conv(F.substring("fp", start, 15), 16, 10).cast("decimal(20,0)")
    return F.coalesce(F.sum(half), F.lit(0).cast("decimal(30,0)")).alias(name)


def fingerprint(observed: dict[str, Any]) -> str | None:
    """`rows:sum:sum`; None where a row was too long for a checksum, or none was asked for."""
    if observed.get("fp_rows") != observed["rows"]:
        return None
    return f"{observed['rows']}:{observed['fp_low']}:{observed['fp_high']}"
