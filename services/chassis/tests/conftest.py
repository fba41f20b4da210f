"""An app of nothing but the chassis, and tokens signed with real Ed25519 keys."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask, abort, current_app
from flask_openapi3 import APIBlueprint
from jwt.algorithms import OKPAlgorithm
from pymongo.errors import AutoReconnect, OperationFailure, WriteConcernError

from reddit_reco_chassis import (
    CursorQuery,
    InputModel,
    Problem,
    ProblemType,
    Service,
    Settings,
    authenticated,
    create_app,
    current_principal,
    page,
    public,
    requires,
)

MakeApp = Callable[..., Flask]
TAKEN = ProblemType(409, "taken", "Somebody has it.")


class Thing(InputModel):
    name: str
    size: float = 0


class Failing(InputModel):
    what: str


def _things() -> APIBlueprint:
    api = APIBlueprint("things", "things", url_prefix="/api/v1")

    @api.get("/things")
    def list_things(query: CursorQuery) -> dict[str, Any]:
        return page([query.limit], "next" if query.cursor is None else None, total=2)

    @api.post("/things", security=[{"bearer": ["things:write"]}])
    @requires("things:write")
    def add_thing(body: Thing) -> dict[str, Any]:
        return {"name": body.name, "by": current_principal().subject}

    @api.post("/unmarked")
    def forgotten() -> dict[str, Any]:
        return {}

    @api.post("/open")
    @public
    def sign_up() -> dict[str, Any]:
        return {}

    @api.get("/me", security=[{"bearer": []}])
    @authenticated
    def me() -> dict[str, Any]:
        return {"subject": current_principal().subject}

    @api.get("/fail/<what>", doc_ui=False)
    def fail(path: Failing) -> dict[str, Any]:
        failures: dict[str, Exception] = {
            "problem": Problem(TAKEN, "The name is taken.", field="name", owner="ann"),
            "away": AutoReconnect("no primary"),
            "unconfirmed": WriteConcernError("shutting down", 91),
            "denied": OperationFailure("not allowed"),
            "bug": ZeroDivisionError("secret detail"),
        }
        if path.what == "teapot":
            abort(418)
        raise failures[path.what]

    return api


class Keys:
    """A signing key, and the key set file that a service checks with."""

    def __init__(self, folder: Path) -> None:
        self.key_set = folder / "jwks.json"
        self.key = Ed25519PrivateKey.generate()
        self.publish(one=self.key)

    def publish(self, **keys: Ed25519PrivateKey) -> None:
        found = [
            json.loads(OKPAlgorithm.to_jwk(key.public_key())) | {"kid": kid}
            for kid, key in keys.items()
        ]
        self.key_set.write_text(json.dumps({"keys": found}))

    def bearer(
        self, scope: str = "", *, kid: str = "one", key: Any = None, **claims: Any
    ) -> dict[str, str]:
        """Headers with a token; a claim given as None is left out."""
        usual = {
            "iss": "reddit-reco",
            "aud": "reddit-reco",
            "sub": "user:ann",
            "scope": scope,
            "exp": int(time.time()) + 60,
        }
        payload = {name: value for name, value in (usual | claims).items() if value is not None}
        token = jwt.encode(payload, key or self.key, "EdDSA", headers={"kid": kid})
        return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def make_app(keys: Keys) -> Iterator[MakeApp]:
    """An app with these settings and checks."""

    def make(checks: dict[str, Callable[[], object]] | None = None, **settings: Any) -> Flask:
        given = Settings(**({"jwks_file": str(keys.key_set)} | settings))
        service = Service("things", "1.2.3", "Things for tests.", (TAKEN,))
        app = create_app(service, given, blueprints=[_things()], checks=checks)

        @app.post("/slurp")
        def slurp() -> dict[str, Any]:
            return {"app": current_app.name}

        return app

    return make
