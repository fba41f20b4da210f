"""The release's signing key, its public half, and tokens signed with it (JWT, EdDSA, RFC 8037)."""

import base64
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .settings import Stop, read_json

ISSUER = AUDIENCE = "reddit-reco"
_PRIVATE = frozenset({"d"})


def new_key() -> dict[str, str]:
    """A new private JWK; its `kid` is its thumbprint (RFC 7638)."""
    key = Ed25519PrivateKey.generate()
    public = {"crv": "Ed25519", "kty": "OKP", "x": _b64(key.public_key().public_bytes_raw())}
    canonical = json.dumps(public, separators=(",", ":"), sort_keys=True).encode()
    kid = _b64(hashlib.sha256(canonical).digest())[:16]
    return {**public, "d": _b64(key.private_bytes_raw()), "kid": kid, "alg": "EdDSA", "use": "sig"}


def public_set(*keys: dict[str, str]) -> dict[str, Any]:
    """The JWK set with the public halves of `keys`."""
    return {"keys": [{k: v for k, v in key.items() if k not in _PRIVATE} for key in keys]}


def sign(key: dict[str, Any], subject: str, scope: str, ttl: int) -> str:
    """A token for `subject`, valid for `ttl` seconds from now.

    Raises:
        Stop: `key` is not a private Ed25519 JWK.
    """
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + ttl}
    try:
        private = jwt.PyJWK(key, algorithm="EdDSA")
        return jwt.encode({**claims, "scope": scope}, private, headers={"kid": key["kid"]})
    except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
        raise Stop(f"this is not a private Ed25519 key in JWK form: {error!r}") from None


def claims_of(token: str, key: dict[str, Any]) -> dict[str, Any] | None:
    """The claims of a token; None unless `key` signed it and it is still valid."""
    try:
        public = jwt.PyJWK(public_set(key)["keys"][0], algorithm="EdDSA")
        claims: dict[str, Any] = jwt.decode(
            token, public, algorithms=["EdDSA"], audience=AUDIENCE, issuer=ISSUER
        )
    except (jwt.PyJWTError, ValueError, KeyError):
        return None
    return claims


def token(key_file: Path, subject: str, scope: str, ttl: int) -> str:
    """A token signed with the key in `key_file`."""
    if ttl < 1:
        raise Stop("--ttl must be at least one second")
    return sign(read_json(key_file), subject, scope, ttl)


def new_keys(folder: Path) -> None:
    """Write `key.json` and `jwks.json` into `folder`; a key that is there already is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    private = folder / "key.json"
    if private.exists():
        key = read_json(private)
    else:
        key = new_key()
        handle = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(key, file)
    (folder / "jwks.json").write_text(json.dumps(public_set(key)) + "\n")


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
