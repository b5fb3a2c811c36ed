"""Fetching a file: what arrives, and the limits on size, time and what the other side may answer."""

import hashlib
import ssl
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.loopback import FILE, outside
from unmask.errors import EmptyFile, FetchFailed, FetchTimeout, SettingsError, TooLarge
from unmask.fetching import Policy, exchange, fetch
from unmask.settings import load_service


def test_a_file_arrives_whole_with_its_hash_and_the_way_it_took(tmp_path, policy, at):
    got = fetch(f"{at}/to?url=/file/clip%2520one.mp4", tmp_path, policy)
    assert got.received.path.read_bytes() == FILE
    assert got.received.sha256 == hashlib.sha256(FILE).hexdigest()
    assert got.name == "clip one.mp4"
    assert got.content_type == "video/mp4"
    assert got.urls == (f"{at}/to?url=/file/clip%2520one.mp4", f"{at}/file/clip%20one.mp4")


def test_the_name_is_one_line_without_folders(tmp_path, policy, at):
    assert fetch(f"{at}/named", tmp_path, policy).name == "<b>clip.mp4"
    assert fetch(f"{at}/", tmp_path, policy).name == "media"
    assert fetch(f"{at}/file/..%2f..%2fpasswd", tmp_path, policy).name == "passwd"


def test_nothing_secret_and_no_compression_is_sent_along(tmp_path, policy, served, at):
    fetch(f"{at}/file", tmp_path, policy)
    assert set(served.requests[0].headers) == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
    assert served.requests[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/missing", FetchFailed),
        ("/garbage", FetchFailed),
        ("/short", FetchFailed),
        ("/gzip", FetchFailed),
        ("/loop", FetchFailed),
        ("/to", FetchFailed),
        ("/to?status=304", FetchFailed),
        ("/empty", EmptyFile),
        ("/declares", TooLarge),
        ("/endless", TooLarge),
    ],
)
def test_what_is_no_file_within_the_limits_fails_and_leaves_nothing(path, error, tmp_path, policy, at):
    with pytest.raises(error):
        fetch(at + path, tmp_path / "out", policy)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_redirects_are_followed_as_often_as_allowed_and_no_more(tmp_path, policy, served, at):
    with pytest.raises(FetchFailed):
        fetch(f"{at}/loop", tmp_path, replace(policy, redirects=3))
    assert len(served.requests) == 4


@pytest.mark.parametrize("path", ["/dripheaders", "/dripbody", "/silent"])
def test_a_server_that_drips_or_falls_silent_is_left_when_the_time_is_up(path, tmp_path, policy, at):
    began = time.monotonic()
    with pytest.raises(FetchTimeout):
        fetch(at + path, tmp_path, replace(policy, seconds=1.0, silence=10))
    assert time.monotonic() - began < 5


def test_a_name_server_that_never_answers_is_left_when_the_time_is_up(tmp_path, policy):
    def never(host, port):
        time.sleep(20)
        return []

    began = time.monotonic()
    with pytest.raises(FetchTimeout):
        fetch("http://slow.test/", tmp_path, replace(policy, seconds=0.5), never)
    assert time.monotonic() - began < 5


def test_a_port_nobody_listens_on_and_an_unknown_name_are_failures(tmp_path, policy, names):
    for url in ("http://outside.test:1/", "http://outside.test:9999/", "http://nowhere.test/"):
        with pytest.raises(Exception) as wrong:
            fetch(url, tmp_path, policy, names)
        assert wrong.value.code in {"fetch_failed", "url_refused"}


@pytest.fixture
def secured(tmp_path, monkeypatch):
    """The outside server speaks TLS as outside.test, and its certificate is the only root there is."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "outside.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("outside.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, secret)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    exchange._tls.cache_clear()
    with outside(tls=context) as server:
        yield server
    exchange._tls.cache_clear()


def test_over_tls_the_certificate_is_checked_against_the_name(secured, tmp_path, policy, names):
    port = secured.server_address[1]
    got = fetch(f"https://outside.test:{port}/file", tmp_path / "out", policy, names)
    assert got.received.size == len(FILE)
    for other in ("rebind.test", "127.0.0.2"):
        with pytest.raises(FetchFailed):
            fetch(f"https://{other}:{port}/file", tmp_path / "out", policy, names)


def test_a_redirect_from_https_to_http_is_refused(secured, tmp_path, policy, names):
    port = secured.server_address[1]
    with pytest.raises(Exception, match="from https to http"):
        fetch(f"https://outside.test:{port}/to?url=http://outside.test:{port}/file", tmp_path / "out", policy, names)


def test_the_policy_comes_from_the_settings():
    policy = Policy.of(load_service({"url_allow_networks": ("10.0.0.0/8",), "url_hosts": ("Media.Example",)}))
    assert policy.admits_host("media.example")
    assert not policy.admits_host("other.example")
    assert str(policy.allow_networks[0]) == "10.0.0.0/8"
    with pytest.raises(SettingsError, match="UNMASK_URL_ALLOW_NETWORKS"):
        Policy.of(load_service({"url_allow_networks": ("10.0.0.1/8",)}))
