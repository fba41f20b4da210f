"""`python -m reddit_reco_local.describe <verb> <keys>`: what a service routes, documents and reads.

It is put together as its process would, without a database: nothing of this needs one.
"""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

from flask import Flask

from reddit_reco_chassis import Settings

_NOWHERE = "http://127.0.0.1:1"
_NOT_OF_THE_VERB = frozenset({"/healthz", "/readyz", "/openapi.json"})
_FRAMEWORK = frozenset({"HEAD", "OPTIONS"})
_VARIABLE = re.compile(r"<(?:[^<>:]+:)?([^<>]+)>")
Routes = set[tuple[str, str]]


def describe(verb: str, keys: Path) -> dict[str, Any]:
    """A service's `routes`, OpenAPI `document` and names of `settings`, from a process of its own.

    Args:
        verb: which service.
        keys: a folder that `make_keys` filled.
    """
    command = [sys.executable, "-m", "reddit_reco_local.describe", verb, str(keys)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def routes(app: Flask) -> Routes:
    """Method and path of everything that `app` answers to, in OpenAPI's spelling of paths."""
    return {
        (method, _VARIABLE.sub(r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule not in _NOT_OF_THE_VERB and rule.endpoint != "static"
        for method in (rule.methods or set()) - _FRAMEWORK
    }


def documented(document: dict[str, Any]) -> Routes:
    """Method and path of every operation of an OpenAPI document."""
    return {(method.upper(), path) for path, item in document["paths"].items() for method in item}


def _described(verb: str, keys: Path) -> dict[str, Any]:
    make_app = importlib.import_module(f"reddit_reco_{verb}.app").make_app
    kind: type[Settings] = get_type_hints(make_app)["settings"]
    app: Flask = make_app(kind.model_validate(_given(kind, verb, keys)))
    document = app.test_client().get("/openapi.json").get_json()
    return {
        "routes": sorted(routes(app)),
        "document": document,
        "settings": sorted(kind.model_fields),
    }


def _given(kind: type[Settings], verb: str, keys: Path) -> dict[str, str]:
    """The settings without which a service does not start."""
    files = {
        "mongodb_uri": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100",
        "mongodb_database": verb,
        "jwks_file": str(keys / "jwks.json"),
        "signing_key_file": str(keys / "key.json"),
    }
    urls = {name: _NOWHERE for name in kind.model_fields if name.endswith("_url")}
    return {name: value for name, value in (urls | files).items() if name in kind.model_fields}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_described(sys.argv[1], Path(sys.argv[2]))) + "\n")
    sys.stdout.flush()
    # Threads of the service look for their database still.
    os._exit(0)
