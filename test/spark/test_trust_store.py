"""The authorities of a TLS mode, as Connector/J wants them."""

from pathlib import Path

import pytest
from adutora_jdbc import TRUST_STORE_PASSWORD, certificates, make_trust_store

# A certificate without a key to it, valid or not: it is only stored.
AUTHORITY = """-----BEGIN CERTIFICATE-----
MIIBJTCCAMygAwIBAgIIdzHyg4se8AAwCgYIKoZIzj0EAwIwEDEOMAwGA1UEAwwF
cmlnaHQwHhcNMjUxMTI3MTg1MjUxWhcNMjcxMTI3MTg1MjUxWjAQMQ4wDAYDVQQD
DAVyaWdodDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGgRkaY73u9n+kK4m1BG
adfwvEJ9c97gWpsT2om3uuyY7gb3UP9aV6e/5xfgVA5aa2Q2Wt/krKwRU7mXWWsY
LfyjEDAOMAwGA1UdEwQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgUJWVv/LBjxqH
PaFBeRbpA5CfjElr3kvCw1PKU1pT3G0CIHFuPWvTOAGDOLw89pJQ1OX56n1po6eT
N33x5OIFYoO1
-----END CERTIFICATE-----
"""


def test_each_certificate_of_a_file_is_one():
    assert len(certificates(f"a comment\n{AUTHORITY}{AUTHORITY}")) == 2


@pytest.mark.spark
def test_the_key_store_holds_every_authority_under_a_bare_name(spark):
    tls = {"mode": "verify-identity", "caPem": f"{AUTHORITY}{AUTHORITY}"}
    name = make_trust_store(spark, {"address": {"tls": tls}})
    path = Path(spark._jvm.java.lang.System.getProperty("user.dir")) / name
    try:
        assert "/" not in name
        password = spark.sparkContext._gateway.new_array(spark._jvm.char, len(TRUST_STORE_PASSWORD))
        for index, character in enumerate(TRUST_STORE_PASSWORD):
            password[index] = character
        store = spark._jvm.java.security.KeyStore.getInstance("PKCS12")
        store.load(spark._jvm.java.io.FileInputStream(str(path)), password)
        assert store.size() == 2
    finally:
        path.unlink()


def test_without_authorities_of_its_own_there_is_none():
    for tls in ({"mode": "required"}, {"mode": "verify-identity", "caPem": None}):
        assert make_trust_store(None, {"address": {"tls": tls}}) is None
