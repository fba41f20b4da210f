"""The release's signing keys, their public halves, and tokens (JWT, EdDSA, RFC 8037).

A key file holds one private JWK, or `{"keys": [...]}` while a new key takes over from an old one.
"""

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
# As long as login only publishes a new key: KEY_SETTLE_SECONDS.
SETTLE_SECONDS = 180
_PRIVATE = frozenset({"d"})
Jwk = dict[str, Any]


def new_key() -> Jwk:
    """A new private JWK; its `kid` is its thumbprint (RFC 7638), its `iat` when it was made."""
    key = Ed25519PrivateKey.generate()
    public = {"crv": "Ed25519", "kty": "OKP", "x": _b64(key.public_key().public_bytes_raw())}
    canonical = json.dumps(public, separators=(",", ":"), sort_keys=True).encode()
    kid = _b64(hashlib.sha256(canonical).digest())[:16]
    more = {"kid": kid, "alg": "EdDSA", "use": "sig", "iat": int(time.time())}
    return {**public, "d": _b64(key.private_bytes_raw()), **more}


def listed(document: Jwk) -> list[Jwk]:
    """The keys of a key file, the newest first."""
    keys: list[Jwk] = document.get("keys", [document])
    return sorted(keys, key=lambda key: -key.get("iat", 0))


def signer(document: Jwk) -> Jwk:
    """The key that signs now: the newest that every service has had the time to read."""
    settled = time.time() - SETTLE_SECONDS
    keys = listed(document)
    return next((key for key in keys if key.get("iat", 0) <= settled), keys[-1])


def rotated(document: Jwk, *, drop: bool = False) -> Jwk:
    """The key file with a new key; what signed before stays beside it, unless `drop`."""
    return {"keys": [new_key()] if drop else [new_key(), signer(document)]}


def public_set(document: Jwk) -> dict[str, list[Jwk]]:
    """The JWK set with the public halves of all keys."""
    keys = listed(document)
    return {"keys": [{k: v for k, v in key.items() if k not in _PRIVATE} for key in keys]}


def sign(document: Jwk, subject: str, scope: str, ttl: int) -> str:
    """A token for `subject`, valid for `ttl` seconds from now.

    Raises:
        Stop: this holds no private Ed25519 JWK.
    """
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + ttl}
    try:
        key = signer(document)
        private = jwt.PyJWK(key, algorithm="EdDSA")
        return jwt.encode({**claims, "scope": scope}, private, headers={"kid": key["kid"]})
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise Stop(f"this is not a private Ed25519 key in JWK form: {error!r}") from None


def claims_of(token: str, key: Jwk) -> dict[str, Any] | None:
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
    document = read_json(private) if private.exists() else new_key()
    _write(folder, document)


def rotate(folder: Path, *, drop: bool = False) -> None:
    """Put a new key beside the one in `folder`, or in its place, and write `jwks.json` anew."""
    document = read_json(folder / "key.json")
    sign(document, "nobody", "", 1)  # Stops here if this is no key file.
    _write(folder, rotated(document, drop=drop))


def _write(folder: Path, document: Jwk) -> None:
    private = folder / "key.json"
    handle = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(document, file)
    (folder / "jwks.json").write_text(json.dumps(public_set(document)) + "\n")


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
