"""The release's Secrets: each made once, if it is missing, and never over what is there.

A Helm template cannot do this: `lookup` is empty under `helm template` and GitOps, so that what is
random in a template is new with every rendering.
"""

import base64
import json
import logging
import os
import secrets
import string
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import keys
from .kube import Kube
from .settings import Environ, Stop, read_json, required

log = logging.getLogger(__name__)
_ALPHABET = string.ascii_letters + string.digits
_YEAR = 365 * 24 * 3600
TOKEN_SECONDS, RENEW_SECONDS = 10 * _YEAR, _YEAR


@dataclass(frozen=True)
class Wanted:
    """What SECRETS_FILE asks for."""

    release: str
    namespace: str
    members: list[str]
    databases: dict[str, str | None]
    pvc_selector: str
    replicaSet: str = "rs0"  # noqa: N815  (the name in the file)
    tokens: dict[str, list[str]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    admin: str | None = None


def run(environ: Environ = os.environ) -> None:
    """Create what is missing."""
    path = required(environ, "SECRETS_FILE")
    try:
        wanted = Wanted(**read_json(path))
    except TypeError as error:
        raise Stop(f"{path}: {error}") from None
    Secrets(wanted, Kube.in_cluster(environ, wanted.namespace)).reconcile()


class Secrets:
    """Brings the Secrets of one release up to what is wanted."""

    def __init__(self, wanted: Wanted, kube: Kube) -> None:
        self._wanted = wanted
        self._kube = kube

    def reconcile(self) -> None:
        """Create what is missing; refresh addresses and tokens that no longer fit.

        Raises:
            Stop: there are volumes of an earlier install, but not the password to open them.
        """
        if self._wanted.members:
            self._ensure_mongodb()
        for component in self._wanted.databases:
            self._ensure_user(component)
        if name := self._wanted.admin:
            self._ensure("admin", lambda: {"username": name, "password": _new_password()})
        key = self._ensure_signing_key()
        for component, scopes in self._wanted.tokens.items():
            self._ensure_token(component, " ".join(scopes), key)

    def _ensure_mongodb(self) -> None:
        self._refuse_orphaned_volumes()
        self._ensure("mongodb-keyfile", lambda: {"keyfile": _new_keyfile()})
        self._ensure("mongodb-root", lambda: {"username": "root", "password": _new_password()})

    def _name(self, name: str) -> str:
        return f"{self._wanted.release}-{name}"

    def _refuse_orphaned_volumes(self) -> None:
        if self._kube.secret(self._name("mongodb-root")) is not None:
            return
        claims = self._kube.claims(self._wanted.pvc_selector)
        if claims:
            wanted = self._wanted
            raise Stop(
                f"the volumes {', '.join(claims)} of an earlier install are here, but not the "
                f"Secret {self._name('mongodb-root')} with their password: put the Secret back "
                "from your backup, or, to start empty, run: "
                f"kubectl -n {wanted.namespace} delete pvc -l {wanted.pvc_selector}"
            )

    def _ensure(self, name: str, make: Callable[[], dict[str, str]]) -> dict[str, str]:
        """The Secret's content, made now if there is none."""
        name = self._name(name)
        found = self._kube.secret(name)
        if found is not None:
            log.info("%s is there", name)
            return found
        made = make()
        if self._kube.create(name, made, self._wanted.labels):
            log.info("created %s", name)
            return made
        return self._kube.secret(name) or made

    def _ensure_user(self, component: str) -> None:
        def make() -> dict[str, str]:
            password = _new_password()
            login = {"username": component, "password": password}
            return {**login, "uri": self._uri(component, password)}

        found = self._ensure(f"mongodb-{component}", make)
        uri = self._uri(found.get("username", component), found.get("password", ""))
        if found.get("uri") != uri:
            # The number of members has changed; the password stays.
            self._patch(f"mongodb-{component}", {"uri": uri})

    def _uri(self, username: str, password: str) -> str:
        options = (
            f"replicaSet={self._wanted.replicaSet}&authSource=admin&w=majority&retryWrites=true"
        )
        return f"mongodb://{username}:{password}@{','.join(self._wanted.members)}/?{options}"

    def _ensure_signing_key(self) -> dict[str, Any]:
        made = self._ensure("signing-key", lambda: {"key.json": json.dumps(keys.new_key())})
        document: dict[str, Any] = json.loads(made["key.json"])
        public = keys.public_set(document)
        found = json.loads(
            self._ensure("jwks", lambda: {"jwks.json": json.dumps(public)})["jwks.json"]
        )
        known = {key["kid"] for key in found["keys"]}
        if missing := [key for key in public["keys"] if key["kid"] not in known]:
            self._patch("jwks", {"jwks.json": json.dumps({"keys": [*missing, *found["keys"]]})})
        return keys.signer(document)

    def _ensure_token(self, component: str, scope: str, key: dict[str, Any]) -> None:
        def make() -> dict[str, str]:
            return {"token": keys.sign(key, f"service:{component}", scope, TOKEN_SECONDS)}

        found = self._ensure(f"token-{component}", make)
        claims = keys.claims_of(found.get("token", ""), key)
        lasting = claims is not None and claims["exp"] > time.time() + RENEW_SECONDS
        if claims is None or not lasting or claims.get("scope") != scope:
            self._patch(f"token-{component}", make())

    def _patch(self, name: str, data: dict[str, str]) -> None:
        self._kube.patch(self._name(name), data)
        log.info("refreshed %s of %s", ", ".join(data), self._name(name))


def _new_password() -> str:
    # No characters that a URI would need escaped.
    return "".join(secrets.choice(_ALPHABET) for _ in range(32))


def _new_keyfile() -> str:
    # mongod takes 6 to 1,024 characters of base64.
    return base64.b64encode(secrets.token_bytes(741)).decode()
