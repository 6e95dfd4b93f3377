import base64
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from adutora_errors import IngestError
from adutora_failure import describe, errno_of_text


def test_our_own_errors_keep_their_code():
    assert describe(IngestError("POLICY_VIOLATION", "column c"), "")["code"] == "POLICY_VIOLATION"


def test_the_secret_is_cut_out_and_the_message_is_one_line():
    told = describe(RuntimeError("no\nhunter2 here"), "hunter2")
    assert told["message"] == "no *** here"


@pytest.mark.parametrize(
    "write",
    [
        str,
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: quote(text, safe=""),
        quote_plus,
        lambda text: base64.b64encode(text.encode()).decode(),
        str.rstrip,
    ],
)
def test_the_secret_is_cut_out_in_every_form(write):
    secret = 'ca"na\\ry é/+ 50%\n'
    message = describe(RuntimeError(f"before {write(secret)} after"), secret)["message"]
    assert message.startswith("before ") and message.endswith(" after")
    assert not re.search("ca.{0,3}na|Y2E", message)


def test_an_executors_sql_exception_is_found_in_the_text():
    text = "Job aborted\n\tat x\nCaused by: java.sql.SQLException: Table definition has changed, please retry transaction\n\tat y"
    told = describe(RuntimeError(text), "")
    assert (told["class"], told["errno"]) == ("java.sql.SQLException", 1412)


def test_a_guard_that_fails_means_another_server():
    text = "Caused by: java.sql.SQLException: Subquery returns more than 1 row"
    assert describe(RuntimeError(text), "")["code"] == "SOURCE_MOVED"


def test_a_lost_connection_has_its_sql_state():
    text = "Caused by: com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure"
    assert describe(RuntimeError(text), "")["sqlState"] == "08S01"


def test_unknown_words_have_no_errno():
    assert errno_of_text("something else") is None


LOST = "Caused by: com.mysql.cj.exceptions.CJCommunicationsException: link\n"
PKIX = "Caused by: javax.net.ssl.SSLHandshakeException: PKIX\n\tat x\n"
NO_PATH = "Caused by: java.security.cert.CertPathValidatorException: Path does not chain\n"
NO_NAME = "Caused by: java.security.cert.CertificateException: Server identity verification failed\n"
SQL = "Caused by: java.sql.SQLException: "


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (f"{LOST}{PKIX}{NO_PATH}", "SOURCE_TLS_REFUSED", "Path does not chain"),
        (f"{LOST}{NO_NAME}", "SOURCE_TLS_REFUSED", "identity"),
        (f"{SQL}SSL Connection required, but not provided by server.\n", "SOURCE_TLS_REFUSED", "not provided"),
        (f"{SQL}Unable to load authentication plugin 'sha256_password'.\n", "SOURCE_LOGIN_METHOD", "sha256_password"),
        (f"{LOST}Caused by: javax.net.ssl.SSLException: Connection reset\n", None, "link"),
        # Cloud Storage is reached by TLS too.
        (f"java.io.IOException: x\n{PKIX}", None, "IOException"),
    ],
)
def test_a_failed_handshake_is_told_from_a_lost_connection(text, code, message):
    told = describe(RuntimeError(text), "")
    assert told["code"] == code
    assert message in told["message"]


def test_what_is_left_of_an_exception_tells_its_kind_in_every_language():
    text = "Caused by: java.sql.SQLDataException: valor BIGINT UNSIGNED fora do intervalo"
    assert describe(RuntimeError(text), "")["sqlState"] == "22000"
    text = "Caused by: java.sql.SQLSyntaxErrorException: Coluna 'a' desconhecida em 'field list'"
    assert describe(RuntimeError(text), "")["sqlState"] == "42000"
