"""Tokens: good ones for anybody, and every kind of bad one."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Claims = dict[str, Any]
_ISSUER = "reddit-reco"
_ALL_SCOPES = "admin posts:write feedback:write"


class Signer:
    """Signs tokens with a release's own key.

    Args:
        key: the private JWK as JSON, or a key set of which the first is taken.
    """

    def __init__(self, key: str) -> None:
        document = json.loads(key)
        self._jwk = document["keys"][0] if "keys" in document else document

    def token(self, subject: str, scope: str = "", **claims: Any) -> str:
        """A token as login signs it; `claims` go over its own, and None leaves one out."""
        return self._signed(_claims(subject, scope) | claims)

    def bad_tokens(self, subject: str) -> dict[str, str]:
        """What must be refused everywhere: what is wrong with it -> the token."""
        all_there = _claims(subject, _ALL_SCOPES)
        other_key = Ed25519PrivateKey.generate()
        return {
            "expired": self._signed(all_there | {"exp": int(time.time()) - 60}),
            "wrong audience": self._signed(all_there | {"aud": "somebody-else"}),
            "wrong issuer": self._signed(all_there | {"iss": "somebody-else"}),
            "not valid yet": self._signed(all_there | {"nbf": int(time.time()) + 3600}),
            "without an end": self._signed(all_there | {"exp": None}),
            "without a subject": self._signed(all_there | {"sub": None}),
            "without an audience": self._signed(all_there | {"aud": None}),
            "without an issuer": self._signed(all_there | {"iss": None}),
            "signed by another key": jwt.encode(all_there, other_key, "EdDSA", self._header()),
            "of an unknown key": jwt.encode(all_there, other_key, "EdDSA", {"kid": "unknown"}),
            "unsigned": f"{_part({'alg': 'none', **self._header()})}.{_part(all_there)}.",
            "signed with the public key as a secret": self._confused(all_there),
            "without its signature": self._signed(all_there).rpartition(".")[0] + ".",
            "with other claims": self._swapped(all_there),
            "no token": "a.b.c",
            "a letter": "x",
        }

    def _header(self) -> dict[str, str]:
        return {"kid": self._jwk["kid"]}

    def _signed(self, claims: Claims) -> str:
        given = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(given, jwt.PyJWK(self._jwk).key, "EdDSA", self._header())

    def _confused(self, claims: Claims) -> str:
        """HS256, with what everybody can read in the key set as the shared secret."""
        public = self._jwk["x"]
        secret = base64.urlsafe_b64decode(public + "=" * (-len(public) % 4))
        signed = f"{_part({'alg': 'HS256', 'typ': 'JWT', **self._header()})}.{_part(claims)}"
        return f"{signed}.{_text(hmac.digest(secret, signed.encode(), hashlib.sha256))}"

    def _swapped(self, claims: Claims) -> str:
        head, _, signature = self._signed(_claims("user:nobody", "")).split(".")
        return f"{head}.{_part(claims)}.{signature}"


def _claims(subject: str, scope: str) -> Claims:
    now = int(time.time())
    common = {"iss": _ISSUER, "aud": _ISSUER, "iat": now, "exp": now + 3600}
    return {**common, "sub": subject, "scope": scope}


def _part(value: Claims) -> str:
    return _text(json.dumps(value).encode())


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
