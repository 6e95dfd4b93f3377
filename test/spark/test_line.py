"""The composed line against a reference written without Spark."""

import pytest
from adutora_errors import IngestError
from adutora_line import fingerprint, line, observations, policy_counts
from ingest_table import check_observed, parse_args

TOKEN = "\\NABCD"
COLUMNS = [
    {"name": "texto", "form": "quoted", "tag": None},
    {"name": "numero", "form": "bare", "tag": None},
    {"name": "dia", "form": "bare", "tag": {"rule": "invalid_date", "action": "nullify"}},
    {"name": "livre", "form": "quoted", "tag": {"rule": "invalid_date", "action": "string"}},
]
ROWS = [
    ('aspas " e vírgula,', "1", "2024-01-01", "!2024-02-31"),
    ("linha\r\num\ndois", "-0", "!0000-00-00", "normal"),
    ("", None, None, None),
    (None, "1e38", "!2024-02-31", "!"),
    ("\\N", "0", "9999-12-31", "a!b"),
    ("🎓\u0000\t", "NaN", "0001-01-01", '!"'),
]


def reference(row):
    cells = []
    for value, column in zip(row, COLUMNS, strict=True):
        if value is not None and column["tag"] and value.startswith("!"):
            value = value[1:] if column["tag"]["action"] == "string" else None
        if value is None:
            cells.append(TOKEN)
        elif column["form"] == "quoted":
            cells.append('"' + value.replace('"', '""') + '"')
        else:
            cells.append(value)
    return ",".join(cells)


def frame(spark, rows):
    return spark.createDataFrame(rows, "c0 string, c1 string, c2 string, c3 string")


@pytest.mark.spark
def test_every_row_is_composed_byte_for_byte(spark):
    composed = [row[0] for row in frame(spark, ROWS).select(line(COLUMNS, TOKEN)).collect()]
    assert composed == [reference(row) for row in ROWS]


@pytest.mark.spark
def test_rows_tags_and_collisions_are_counted_in_the_same_pass(spark):
    rows = [*ROWS, (TOKEN, "1", None, None)]
    observed = frame(spark, rows).agg(*observations(COLUMNS, TOKEN)).collect()[0].asDict()
    assert (observed["rows"], observed["collisions"]) == (7, 1)
    assert policy_counts(COLUMNS, observed) == {"dia": {"invalid_date_nullify": 2}, "livre": {"invalid_date_string": 3}}


@pytest.mark.spark
def test_checksums_are_summed_exactly_over_the_staged_rows(spark):
    sums = ["f" * 32, "0" * 31 + "1", "f" * 32]
    rows = spark.createDataFrame([("a", "1", None, None, fp) for fp in sums], "c0 string, c1 string, c2 string, c3 string, fp string")
    observed = rows.agg(*observations(COLUMNS, TOKEN, True)).collect()[0].asDict()
    top = int("f" * 15, 16)
    assert fingerprint(observed) == f"3:{2 * top}:{2 * top + 1}"
    observed["fp_rows"] -= 1
    assert fingerprint(observed) is None
    empty = rows.where("false").agg(*observations(COLUMNS, TOKEN, True)).collect()[0].asDict()
    assert fingerprint(empty) == "0:0:0"


@pytest.mark.spark
def test_an_empty_table_counts_nothing(spark):
    observed = frame(spark, []).agg(*observations(COLUMNS, TOKEN)).collect()[0].asDict()
    assert observed["rows"] == 0
    assert policy_counts(COLUMNS, observed) == {}


def test_a_policy_that_says_error_fails_by_name():
    columns = [{"name": "hora", "form": "bare", "tag": {"rule": "time_out_of_range", "action": "error"}}]
    with pytest.raises(IngestError, match="column hora: 3 values break the rule time_out_of_range") as error:
        check_observed({"columns": columns, "nullToken": TOKEN}, {"rows": 5, "tagged_0": 3})
    assert error.value.code == "POLICY_VIOLATION"


def test_a_text_that_equals_the_null_token_fails_the_attempt():
    with pytest.raises(IngestError) as error:
        check_observed({"columns": [], "nullToken": TOKEN}, {"rows": 1, "collisions": 1})
    assert error.value.code == "NULL_TOKEN_COLLISION"


def test_unknown_arguments_are_refused():
    with pytest.raises(SystemExit):
        parse_args(["--spec", "gs://b/p/spec.json", "--spec-sha256", "x", "--surprise"])
