"""An OpenID provider, as a client that trusts it only as far as its answers prove something."""

import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode

import jwt

from .asking import Asking, ProviderAway
from .provider_keys import ProviderKeys

log = logging.getLogger(__name__)
Claims = dict[str, Any]
# By a public key only: of a shared secret, and of "none", a signature proves nothing to us.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"})
_METADATA_SECONDS = 3600
# Nobody is sent to a provider that has been away for longer: their browser would show an error.
_START_SECONDS = 10
_LONGEST_SUBJECT = 255


class AnswerRefused(Exception):
    """The provider's answer does not prove who somebody is; the reason is for the log."""


@dataclass(frozen=True)
class Client:
    """What this site is to the provider.

    Args:
        issuer: the provider, exactly as it writes itself.
        client_id: the site's name there.
        redirect_url: where the provider sends browsers back.
        folder: with the file `client-secret`, and `ca.crt` for a provider of a private authority.
        leeway: seconds that the provider's clock may be off.
    """

    issuer: str
    client_id: str
    redirect_url: str
    folder: Path
    leeway: int


@dataclass(frozen=True)
class Proof:
    """Who somebody is to the provider, and what they like to be called (may be empty)."""

    subject: str
    name: str
    access_token: str = field(repr=False)


class Provider:
    """The provider of a client. Thread-safe.

    Args:
        client: what this site is to it.
        clock: seconds, of any beginning.
    """

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        authority = client.folder / "ca.crt"
        self._asking = Asking(authority if authority.exists() else None)
        self._keys = ProviderKeys(self._asking, clock)
        self._described: tuple[float, Claims] = (0.0, {})

    @property
    def issuer(self) -> str:
        """Who it is."""
        return self._client.issuer

    def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where a browser goes to prove who its user is (PKCE: RFC 7636).

        Raises:
            ProviderAway: it does not say where.
        """
        given = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_url,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        address = str(self._metadata(_START_SECONDS)["authorization_endpoint"])
        return f"{address}{'&' if '?' in address else '?'}{urlencode(given)}"

    def prove(self, code: str, verifier: str, nonce: str, issuer: str | None) -> Proof:
        """Trade the code for an ID token, and check that.

        Args:
            code: what the browser brought back.
            verifier: the secret that belongs to the challenge sent along.
            nonce: what the token must carry.
            issuer: the `iss` that the browser brought back (RFC 9207), if any.

        Raises:
            AnswerRefused: it proves nothing.
            ProviderAway: there was no answer.
        """
        metadata = self._metadata()
        must_say = metadata.get("authorization_response_iss_parameter_supported") is True
        if issuer != self.issuer and (must_say or issuer is not None):
            raise AnswerRefused("the browser brought the answer of another issuer")
        answer = self._trade(metadata, code, verifier)
        claims = self._checked(metadata, answer.get("id_token"), nonce)
        access_token = answer.get("access_token")
        token = access_token if isinstance(access_token, str) else ""
        return Proof(claims["sub"], _name(claims), token)

    def name_of(self, proof: Proof) -> str:
        """What somebody likes to be called, asked of the provider if the proof does not say."""
        address = self._metadata().get("userinfo_endpoint")
        if proof.name or not proof.access_token or not isinstance(address, str):
            return proof.name
        headers = {"Authorization": f"Bearer {proof.access_token}"}
        try:
            status, found = self._asking.ask("GET", address, headers=headers)
        except ProviderAway as away:
            log.info("no name: %s", away)
            return ""
        # Whoever swaps the access token would lend somebody another's name.
        return _name(found) if status == 200 and found.get("sub") == proof.subject else ""

    def _metadata(self, older_than: float = _METADATA_SECONDS) -> Claims:
        """What the provider says of itself (OpenID Connect Discovery 1.0), asked anew if older."""
        read_at, known = self._described
        if known and self._clock() - read_at < older_than:
            return known
        address = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        status, found = self._asking.ask("GET", address)
        if status != 200:
            raise ProviderAway(f"{address} answered {status}")
        if fault := _fault(found, self.issuer):
            raise ProviderAway(f"{address}: {fault}")
        self._described = self._clock(), found
        return found

    def _trade(self, metadata: Claims, code: str, verifier: str) -> Claims:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_url,
            "code_verifier": verifier,
        }
        status, found = self._asking.ask(
            "POST", metadata["token_endpoint"], **self._authenticated(metadata, form)
        )
        if status == 200:
            return found
        reason = str(found.get("error"))[:50]
        if status in (400, 401) and reason != "invalid_client":
            raise AnswerRefused(f"the code was not taken: {reason}")
        raise ProviderAway(f"the token endpoint answered {status}: {reason}")

    def _authenticated(self, metadata: Claims, form: dict[str, str]) -> dict[str, Any]:
        """The form with this site's own credentials (RFC 6749, 2.3.1)."""
        try:
            secret = (self._client.folder / "client-secret").read_text().strip()
        except (OSError, UnicodeError) as error:
            raise ProviderAway(f"no client secret: {type(error).__name__}") from None
        ways = metadata.get("token_endpoint_auth_methods_supported")
        if not isinstance(ways, list) or "client_secret_basic" in ways:
            pair = f"{quote_plus(self._client.client_id)}:{quote_plus(secret)}"
            basic = base64.b64encode(pair.encode()).decode()
            return {"data": form, "headers": {"Authorization": f"Basic {basic}"}}
        own = {"client_id": self._client.client_id, "client_secret": secret}
        return {"data": {**form, **own}}

    def _checked(self, metadata: Claims, token: Any, nonce: str) -> Claims:
        """The claims of an ID token (OpenID Connect Core 1.0, 3.1.3.7)."""
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in ALGORITHMS:
                raise AnswerRefused(f"the token is signed by {algorithm!r}")
            key = self._keys.find(metadata["jwks_uri"], header.get("kid"), algorithm)
            claims: Claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._client.client_id,
                issuer=self.issuer,
                leeway=self._client.leeway,
                options={
                    "require": ["iss", "aud", "sub", "exp", "iat"],
                    "enforce_minimum_key_length": True,
                },
            )
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise AnswerRefused(f"the token: {type(error).__name__}: {error}") from None
        if fault := self._misfit(claims, nonce):
            raise AnswerRefused(fault)
        return claims

    def _misfit(self, claims: Claims, nonce: str) -> str:
        """What of the claims says that the token was made for something else."""
        audience, party = claims["aud"], claims.get("azp")
        several = isinstance(audience, list) and len(audience) != 1
        if party != self._client.client_id and (several or party is not None):
            return "the token was made for another client as well"
        if not hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
            return "the token carries another nonce"
        if not 0 < len(claims["sub"]) <= _LONGEST_SUBJECT:
            return "the subject is no identifier"
        return ""


def challenge(verifier: str) -> str:
    """What is sent ahead of a verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _fault(metadata: Claims, issuer: str) -> str:
    """Why what calls itself the provider is not the one."""
    if metadata.get("issuer") != issuer:
        return "it is another issuer"
    secure = "https://" if issuer.startswith("https://") else "http"
    optional = {"userinfo_endpoint"} & metadata.keys()
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", *optional):
        if not str(metadata.get(name, "")).startswith(secure):
            return f"{name} is no address, or not a safe one"
    methods = metadata.get("code_challenge_methods_supported")
    # Some that know PKCE do not say so; one that lists others has none that is worth it.
    if methods is not None and not (isinstance(methods, list) and "S256" in methods):
        return "it has no PKCE with S256"
    return ""


def _name(claims: Claims) -> str:
    name = claims.get("preferred_username") or claims.get("nickname")
    return name if isinstance(name, str) else ""
