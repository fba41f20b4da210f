"""A provider whose certificate is of a private authority."""

import datetime
import ipaddress
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask, jsonify, request
from werkzeug.serving import make_server

from reddit_reco_chassis import SettingsError
from reddit_reco_login.app import make_app
from reddit_reco_login.asking import ProviderAway
from reddit_reco_login.provider import Client, Provider
from reddit_reco_login.settings import LoginSettings

REDIRECT = "https://site.example/sign-in/oidc/callback"


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """Writes `cert.pem` and `key.pem` for loopback; the certificate is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a provider")])
    now = datetime.datetime.now(datetime.UTC)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(loopback, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "key.pem").write_bytes(private)
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return tmp_path


@pytest.fixture
def described() -> dict[str, Any]:
    """What the provider says of itself beside its issuer."""
    return {}


@pytest.fixture
def issuer(authority: Path, described: dict[str, Any]) -> Iterator[str]:
    app = Flask("provider")

    @app.get("/.well-known/openid-configuration")
    def describe() -> Any:
        own = request.url_root.rstrip("/")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        return jsonify({"issuer": own, **{name: f"{own}/{name}" for name in names}, **described})

    files = (str(authority / "cert.pem"), str(authority / "key.pem"))
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=files)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def provider(issuer: str, folder: Path) -> Provider:
    return Provider(Client(issuer, "reddit-reco", REDIRECT, folder, 30))


def test_its_authority_is_trusted_if_it_lies_beside_the_secret(
    issuer: str, authority: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "client"
    folder.mkdir()
    with pytest.raises(ProviderAway, match="ConnectError"):
        provider(issuer, folder).authorization_url("s", "n", "v")
    (folder / "ca.crt").write_bytes((authority / "cert.pem").read_bytes())
    url = provider(issuer, folder).authorization_url("s", "n", "v")
    assert url.startswith(f"{issuer}/authorization_endpoint?")


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_provider_by_https_leads_nobody_to_plain_http(
    issuer: str, authority: Path, described: dict[str, Any], name: str
) -> None:
    (authority / "ca.crt").write_bytes((authority / "cert.pem").read_bytes())
    described[name] = "http://127.0.0.1/"
    with pytest.raises(ProviderAway, match=name):
        provider(issuer, authority).authorization_url("s", "n", "v")


def test_an_authority_that_is_none_is_a_wrong_setting(
    settings: LoginSettings, tmp_path: Path
) -> None:
    (tmp_path / "ca.crt").write_text("no certificate")
    given = {
        "oidc_issuer": "https://id.example.org",
        "oidc_client_id": "reddit-reco",
        "oidc_secret_folder": str(tmp_path),
        "oidc_redirect_url": REDIRECT,
    }
    with pytest.raises(SettingsError, match=r"ca\.crt"):
        make_app(settings.model_copy(update=given))
