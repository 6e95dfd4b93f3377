"""The composed line against a reference written without Spark."""

import hmac

import pytest
from adutora_errors import IngestError
from adutora_findings import check_observed, policy_counts
from adutora_line import compose, fingerprint, observations
from conftest import MASK_KEY
from ingest_table import parse_args

TOKEN = "\\NABCD"
COLUMNS = [
    {"name": "texto", "form": "quoted", "tag": None, "mask": None},
    {"name": "numero", "form": "bare", "tag": None, "mask": None},
    {"name": "dia", "form": "bare", "tag": {"rule": "invalid_date", "action": "nullify"}, "mask": None},
    {"name": "livre", "form": "quoted", "tag": {"rule": "invalid_date", "action": "string"}, "mask": None},
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


def spec_of(columns, **changes):
    return {"columns": columns, "nullToken": TOKEN, "hasFingerprint": False, "primaryKey": ["numero"], "maskKey": None, **changes}


def observe(rows, spec):
    return compose(rows, spec).agg(*observations(spec)).collect()[0].asDict()


@pytest.mark.spark
def test_every_row_is_composed_byte_for_byte(spark):
    composed = [row[0] for row in compose(frame(spark, ROWS), spec_of(COLUMNS)).collect()]
    assert composed == [reference(row) for row in ROWS]


@pytest.mark.spark
def test_rows_tags_and_collisions_are_counted_in_the_same_pass(spark):
    rows = [*ROWS, (TOKEN, "1", None, None)]
    observed = observe(frame(spark, rows), spec_of(COLUMNS))
    assert (observed["rows"], observed["collisions"]) == (7, 1)
    assert policy_counts(COLUMNS, observed) == {"dia": {"invalid_date_nullify": 2}, "livre": {"invalid_date_string": 3}}


@pytest.mark.spark
def test_a_thousand_columns_are_composed(spark):
    columns = [{"name": f"c{i}", "form": "quoted" if i % 2 else "bare", "tag": None, "mask": None} for i in range(1_000)]
    rows = spark.createDataFrame([tuple(str(i) for i in range(1_000))], ", ".join(f"c{i} string" for i in range(1_000)))
    spec = spec_of(columns, primaryKey=["c0"])
    (composed,) = compose(rows, spec).collect()
    assert composed["value"] == ",".join(f'"{i}"' if i % 2 else str(i) for i in range(1_000))
    assert observe(rows, spec)["rows"] == 1


@pytest.mark.spark
def test_checksums_are_summed_exactly_over_the_staged_rows(spark):
    sums = ["f" * 30, "0" * 29 + "1", "f" * 30]
    rows = spark.createDataFrame([("a", "1", None, None, fp) for fp in sums], "c0 string, c1 string, c2 string, c3 string, fp string")
    observed = observe(rows, spec_of(COLUMNS, hasFingerprint=True))
    top = int("f" * 15, 16)
    assert fingerprint(observed) == f"3:{2 * top}:{2 * top + 1}"
    observed["fp_rows"] -= 1
    assert fingerprint(observed) is None
    empty = observe(rows.where("false"), spec_of(COLUMNS, hasFingerprint=True))
    assert fingerprint(empty) == "0:0:0"


@pytest.mark.spark
def test_an_empty_table_counts_nothing(spark):
    observed = observe(frame(spark, []), spec_of(COLUMNS))
    assert observed["rows"] == 0
    assert policy_counts(COLUMNS, observed) == {}


@pytest.mark.spark
def test_a_policy_that_says_error_fails_by_column_rule_and_key(spark):
    columns = [
        {"name": "id", "form": "bare", "tag": None, "mask": None},
        {"name": "hora", "form": "bare", "tag": {"rule": "time_out_of_range", "action": "error"}, "mask": None},
    ]
    rows = spark.createDataFrame([("6", "10:00:00"), ("7", "!-01:00:00"), ("8", None)], "c0 string, c1 string")
    spec = spec_of(columns, primaryKey=["id", "cpf"])
    with pytest.raises(IngestError, match=r"column hora: 1 value breaks timeOutOfRange: error, .* row id=7, cpf=\(masked\)$") as error:
        check_observed(spec, observe(rows, spec))
    assert error.value.code == "POLICY_VIOLATION"


@pytest.mark.spark
def test_a_text_is_tagged_by_more_than_an_exclamation_mark(spark):
    columns = [{"name": "nome", "form": "quoted", "tag": {"rule": "text_not_unicode", "action": "error"}, "mask": None}]
    rows = spark.createDataFrame([("!",), ("!x",), (None,), ("!\U0010fffe",)], "c0 string")
    spec = spec_of(columns)
    assert [row["value"] for row in compose(rows, spec).collect()] == ['"!"', '"!x"', TOKEN, TOKEN]
    with pytest.raises(IngestError, match=r"column nome: 1 value") as error:
        check_observed(spec, observe(rows, spec))
    assert error.value.code == "TEXT_NOT_UNICODE"


@pytest.mark.spark
def test_masked_text_is_its_hmac_and_shows_in_no_key(spark):
    columns = [{"name": "cpf", "form": "quoted", "tag": None, "mask": "hmac"}]
    spec = spec_of(columns, primaryKey=["cpf"], maskKey={"kind": "env", "name": "MASK_KEY"})
    rows = compose(spark.createDataFrame([("123",), (None,), ("ação",), (TOKEN,)], "c0 string"), spec).collect()
    hashes = [hmac.new(MASK_KEY.encode(), text.encode(), "sha256").hexdigest() for text in ("123", "ação", TOKEN)]
    assert [row["value"] for row in rows] == [f'"{hashes[0]}"', TOKEN, f'"{hashes[1]}"', f'"{hashes[2]}"']
    assert {row["row_key"] for row in rows} == {"cpf=(masked)"}
    assert sum(row["collided"] for row in rows) == 0


def test_a_row_beyond_what_bigquery_loads_fails_by_its_key():
    with pytest.raises(IngestError, match=r"rows longer than 100 MB: 1, the first found is id=7") as error:
        check_observed(spec_of([]), {"rows": 1, "too_long": 1, "too_long_key": "id=7"})
    assert error.value.code == "ROW_TOO_LONG"


def test_a_text_that_equals_the_null_token_fails_the_attempt():
    with pytest.raises(IngestError) as error:
        check_observed(spec_of([]), {"rows": 1, "collisions": 1})
    assert error.value.code == "NULL_TOKEN_COLLISION"


def test_unknown_arguments_are_refused():
    with pytest.raises(SystemExit):
        parse_args(["--spec", "gs://b/p/spec.json", "--spec-sha256", "x", "--surprise"])
