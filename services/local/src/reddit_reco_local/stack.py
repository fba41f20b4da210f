"""The services as processes: which there are, what each is told, and in which order they start."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .embedded import free_port, mongod
from .keys import make_keys, sign_token
from .processes import Processes


@dataclass(frozen=True)
class Verb:
    """One service: its path prefixes, database, whom it calls, the Secrets it reads; on or off."""

    name: str
    prefixes: tuple[str, ...]
    database: bool = True
    calls: tuple[str, ...] = ()
    scopes: str = ""
    secrets: tuple[str, ...] = ()
    enabled: bool = True


# In the order in which they start. The chart's table `components` says the same for the cluster;
# a test holds the two together.
VERBS = (
    Verb("posts", ("/api/v1/posts",)),
    Verb("search", ("/api/v1/search",), calls=("hide",)),
    Verb(
        "ingest",
        ("/api/v1/imports",),
        calls=("posts", "like", "hide", "tag", "share"),
        scopes="posts:write feedback:write",
    ),
    Verb(
        "login",
        ("/api/v1/users", "/api/v1/sessions", "/api/v1/me", "/.well-known/jwks.json"),
        secrets=("signing-key", "admin"),
    ),
    Verb("tag", ("/api/v1/tags",)),
    Verb("like", ("/api/v1/likes",)),
    Verb("hide", ("/api/v1/hidden",)),
    Verb("share", ("/api/v1/shares", "/s/")),
    Verb("recommend", ("/api/v1/recommend",), calls=("hide",)),
    Verb("image", ("/api/v1/images",), calls=("posts",), scopes="posts:read", enabled=False),
    Verb(
        "web",
        ("/",),
        database=False,
        calls=(
            *("posts", "search", "ingest", "login", "tag", "like", "hide", "share"),
            *("recommend", "image"),
        ),
    ),
)
ON = tuple(verb.name for verb in VERBS if verb.enabled)
ALL = tuple(verb.name for verb in VERBS)
# What a service is told of a Secret: the variable, and the path below `keys`.
SECRETS = {"signing-key": ("SIGNING_KEY_FILE", "key.json"), "admin": ("ADMIN_FOLDER", "admin")}


def _stream(source: str, name: str, target: str, collection: str) -> dict[str, Any]:
    return {
        "stream": name,
        "source": {"db": source, "collection": name},
        "target": {"db": target, "collection": collection},
    }


STREAMS = [
    _stream("posts", "posts", "search", "synced_posts"),
    _stream("hide", "hidden", "search", "synced_hidden"),
    _stream("posts", "posts", "tag", "synced_posts"),
    _stream("login", "erasures", "ingest", "inbox"),
    _stream("login", "erasures", "tag", "inbox"),
    _stream("login", "erasures", "like", "inbox"),
    _stream("login", "erasures", "hide", "inbox"),
    _stream("login", "erasures", "share", "inbox"),
    _stream("posts", "posts", "recommend", "synced_posts"),
    _stream("like", "likes", "recommend", "synced_likes"),
    _stream("tag", "tags", "recommend", "synced_tags"),
    _stream("share", "shares", "recommend", "synced_shares"),
    _stream("hide", "hidden", "recommend", "synced_hidden"),
    _stream("login", "erasures", "recommend", "inbox"),
]


@dataclass(frozen=True)
class Stack:
    """A running set of services."""

    home: Path
    mongodb_uri: str
    ports: dict[str, int]
    metrics_ports: dict[str, int]
    processes: Processes
    environments: dict[str, dict[str, str]]

    def url(self, verb: str) -> str:
        """Where a service answers."""
        return f"http://127.0.0.1:{self.ports[verb]}"

    def token(self, scope: str = "admin posts:write", subject: str = "admin") -> str:
        """A token that the services accept, valid for an hour."""
        return sign_token(self.home / "keys", subject, scope)


@contextmanager
def running(
    home: Path,
    verbs: tuple[str, ...] = ON,
    *,
    follow: bool = True,
    extra_env: dict[str, dict[str, str]] | None = None,
) -> Iterator[Stack]:
    """Run services until the block ends.

    Args:
        home: folder for data, keys and logs; what is there is taken up again.
        verbs: which services; none hears of one that is switched off and not among them.
        follow: whether sync follows the master data all the time; else call it yourself.
        extra_env: service -> more environment variables.
    """
    make_keys(home / "keys")
    with mongod(home / "mongodb") as uri, Processes(home / "logs") as processes:
        ports = {verb.name: free_port() for verb in VERBS}
        metrics_ports = {verb.name: free_port() for verb in VERBS}
        stack = Stack(home, uri, ports, metrics_ports, processes, {})
        stack.environments["sync"] = _sync_environment(stack)
        for verb in VERBS:
            if verb.name in verbs:
                callees = callees_of(verb, verbs)
                _start(stack, verb, callees, (extra_env or {}).get(verb.name, {}))
        for name in verbs:
            processes.wait_ready(name, f"{stack.url(name)}/readyz")
        if follow:
            # Far longer than anyone looks: a CronJob would start it anew every minute.
            env = {**stack.environments["sync"], "SYNC_FOLLOW_SECONDS": "31536000"}
            processes.start("sync", "reddit_reco_sync", env=env)
        yield stack


def callees_of(verb: Verb, verbs: tuple[str, ...]) -> list[str]:
    """Whom a verb is told of, where `verbs` run: of no one that is switched off."""
    return [name for name in verb.calls if name in (*ON, *verbs)]


def _start(stack: Stack, verb: Verb, callees: list[str], extra: dict[str, str]) -> None:
    env = {
        "HOST": "127.0.0.1",
        "PORT": str(stack.ports[verb.name]),
        "METRICS_PORT": str(stack.metrics_ports[verb.name]),
        "JWKS_FILE": str(stack.home / "keys" / "jwks.json"),
    }
    if verb.database:
        env |= {"MONGODB_URI": stack.mongodb_uri, "MONGODB_DATABASE": verb.name}
    env |= {f"{callee.upper()}_URL": stack.url(callee) for callee in callees}
    if verb.scopes:
        file = stack.home / "keys" / f"{verb.name}.token"
        file.write_text(sign_token(stack.home / "keys", f"service:{verb.name}", verb.scopes))
        env["SERVICE_TOKEN_FILE"] = str(file)
    for variable, path in (SECRETS[secret] for secret in verb.secrets):
        env[variable] = str(stack.home / "keys" / path)
    env |= extra
    stack.environments[verb.name] = env
    stack.processes.start(verb.name, f"reddit_reco_{verb.name}", env=env)


def _sync_environment(stack: Stack) -> dict[str, str]:
    plan = stack.home / "sync-plan.json"
    plan.write_text(json.dumps({"streams": STREAMS}))
    return {"MONGODB_URI": stack.mongodb_uri, "SYNC_PLAN_FILE": str(plan)}
