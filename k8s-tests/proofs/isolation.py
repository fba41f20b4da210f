"""Nobody gets at what is another's: every operation, with the other's ids and cursors."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx2

from .people import Owned, Person
from .target import Operation, Target

Body = Callable[[Owned], dict[str, Any]]


def _nothing(_: Owned) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Rule:
    """Whose data an operation shows or changes, and how it is asked.

    Args:
        needs: the scope that a token must have; "" for any token, None for no token at all.
        given: what goes along, made of the other's ids: arguments of `httpx2.Client.request`.
        shared: whether everybody may see what it answers, whoever put it there.
        personal: whether everybody may ask, but goes on with nobody else's cursor.
        scoped: whether a service may ask for a scope beyond `needs`.
    """

    needs: str | None
    given: Body = _nothing
    shared: bool = False
    personal: bool = False
    scoped: bool = False


OPEN = Rule(None, shared=True)
OWN = Rule("")
POSTS = Rule("posts:write", shared=True)
FEEDBACK = Rule("feedback:write")
ADMIN = Rule("admin")
IMPORT = Rule("", scoped=True)

RULES = {
    "GET /api/v1/posts": OPEN,
    "GET /api/v1/posts/{post_id}": OPEN,
    "PUT /api/v1/posts/{post_id}": POSTS,
    "PATCH /api/v1/posts/{post_id}": POSTS,
    "DELETE /api/v1/posts/{post_id}": POSTS,
    "POST /api/v1/posts/batch": POSTS,
    "GET /api/v1/search": OPEN,
    "GET /api/v1/search/suggest": OPEN,
    "POST /api/v1/imports": IMPORT,
    "GET /api/v1/imports": IMPORT,
    "GET /api/v1/imports/{import_id}": IMPORT,
    "GET /api/v1/imports/{import_id}/result": IMPORT,
    "GET /api/v1/imports/{import_id}/rejected": IMPORT,
    "GET /api/v1/imports/{import_id}/rejected.ndjson": IMPORT,
    "POST /api/v1/imports/{import_id}/resume": IMPORT,
    "DELETE /api/v1/imports/{import_id}": IMPORT,
    "POST /api/v1/users": OPEN,
    "GET /api/v1/users/{username}": ADMIN,
    "PUT /api/v1/users/{username}/scopes/{scope}": ADMIN,
    "DELETE /api/v1/users/{username}/scopes/{scope}": ADMIN,
    "POST /api/v1/sessions": OPEN,
    "POST /api/v1/sessions/refresh": OPEN,
    "POST /api/v1/sessions/oidc": OPEN,
    "POST /api/v1/sessions/oidc/callback": OPEN,
    "DELETE /api/v1/sessions": Rule("", lambda _: {"params": {"all": "true"}}),
    "GET /api/v1/me": OWN,
    "DELETE /api/v1/me": OWN,
    "GET /.well-known/jwks.json": OPEN,
    "GET /api/v1/tags": Rule("", lambda other: {"params": {"post": other.post}}),
    "GET /api/v1/tags/{tag}/posts": OWN,
    "PUT /api/v1/tags/{post}/{tag}": OWN,
    "DELETE /api/v1/tags/{post}/{tag}": OWN,
    "GET /api/v1/tags/suggest/{post}": OWN,
    "GET /api/v1/tags/rules": OWN,
    "PUT /api/v1/tags/rules": Rule("", lambda _: {"json": {"rules": []}}),
    "GET /api/v1/likes": OWN,
    "PUT /api/v1/likes/{post_id}": OWN,
    "DELETE /api/v1/likes/{post_id}": OWN,
    "GET /api/v1/likes/{post_id}/count": OPEN,
    "GET /api/v1/likes/counts": OPEN,
    "GET /api/v1/hidden": OWN,
    "GET /api/v1/hidden/all": OWN,
    "PUT /api/v1/hidden/{post_id}": OWN,
    "DELETE /api/v1/hidden/{post_id}": OWN,
    "PUT /api/v1/hidden/subreddits/{name}": OWN,
    "DELETE /api/v1/hidden/subreddits/{name}": OWN,
    "GET /api/v1/shares": Rule("", lambda _: {"params": {"box": "in"}}),
    "POST /api/v1/shares": Rule("", lambda other: {"json": {"post": other.post}}),
    "DELETE /api/v1/shares/{code}": OWN,
    "GET /s/{code}": OPEN,
    "POST /api/v1/tags/batch": FEEDBACK,
    "POST /api/v1/likes/batch": FEEDBACK,
    "POST /api/v1/hidden/batch": FEEDBACK,
    "POST /api/v1/shares/batch": FEEDBACK,
    "GET /api/v1/recommend": Rule(None, shared=True, personal=True),
    "GET /api/v1/recommend/similar/{post}": Rule(None, shared=True, personal=True),
    "GET /api/v1/recommend/topics": OPEN,
    "GET /api/v1/images/{post_id}": OPEN,
}


def rule_of(operation: Operation) -> Rule:
    """Its rule; what nobody classified is taken by its document."""
    rule = RULES.get(operation.label) or Rule(operation.needs)
    return replace(rule, needs=operation.needs) if rule.scoped else rule


def unclassified(target: Target) -> list[str]:
    """Documented operations without a rule, or whose document asks for another scope."""
    found = []
    for operation in target.operations():
        rule = rule_of(operation)
        if operation.label not in RULES:
            found.append(f"{operation.verb}: {operation.label} has no rule")
        elif rule.needs != operation.needs:
            found.append(f"{operation.verb}: {operation.label} asks for {operation.needs!r}")
    return found


def requests_with(
    target: Target, owned: Owned, methods: tuple[str, ...]
) -> Iterator[tuple[Operation, str, dict[str, Any]]]:
    """Every operation of these methods with somebody's ids: its path, and what goes along."""
    for operation in target.operations():
        if operation.method in methods:
            path = owned.fill(operation.path)
            yield operation, path, rule_of(operation).given(owned)


def refusals(target: Target, owned: Owned) -> list[str]:
    """Operations that do not refuse what lacks a good token."""
    signer, faults = target.signer, []
    bad = {f"a token that is {name}": text for name, text in signer.bad_tokens("user:x").items()}
    weak = signer.token("user:weak", "other:scope")
    everything = ("GET", "PUT", "POST", "PATCH", "DELETE")
    with httpx2.Client(timeout=60) as client:
        for operation, path, given in requests_with(target, owned, everything):
            tries = {name: (text, 401) for name, text in bad.items()}
            needs = rule_of(operation).needs
            if needs is not None:
                tries["no token"] = ("", 401)
            if needs:
                tries["a token without the scope"] = (weak, 403)
            for name, (token, wanted) in tries.items():
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                url = f"{target.urls[operation.verb]}{path}"
                answer = client.request(operation.method, url, headers=headers, **given)
                if answer.status_code != wanted:
                    faults.append(f"{operation.label} with {name}: {answer.status_code}")
    return faults


def everything_of(person: Person, owned: Owned) -> dict[str, Any]:
    """What somebody sees of their own, to be compared later."""
    seen = {}
    for operation, path, given in requests_with(person.target, owned, ("GET",)):
        if rule_of(operation).needs == "":
            answer = person.ask(operation.verb, "GET", path, **given)
            assert answer.status_code < 400, f"{operation.label}: {answer.text}"
            seen[operation.label] = answer.status_code, answer.text
    return seen


def leaks(intruder: Person, owner: Person, owned: Owned) -> list[str]:
    """What somebody who has nothing gets to see of another's by reading."""
    faults = []
    private = owned.words() | {owner.name, owner.subject}
    for operation, path, given in requests_with(intruder.target, owned, ("GET",)):
        rule = rule_of(operation)
        if rule.personal:
            faults += _goes_on(intruder, owner, operation, path)
        if rule.shared:
            continue
        for name, params in _ways(operation, path, given, owner):
            answer = intruder.ask(operation.verb, "GET", path, params=params)
            asked = f"{path} {params}"
            shown = [word for word in private if word in answer.text and word not in asked]
            if shown or _items(answer):
                faults.append(f"{operation.label}{name}: {answer.status_code} {answer.text[:200]}")
    return faults


def _goes_on(intruder: Person, owner: Person, operation: Operation, path: str) -> list[str]:
    """Whether somebody goes on with another's personal list."""
    first = owner.ask(operation.verb, "GET", path, params={"limit": "1"})
    cursor = first.json()["next_cursor"] if first.is_success else None
    if not cursor:
        return []
    params = {"limit": "1", "cursor": cursor}
    answer = intruder.ask(operation.verb, "GET", path, params=params)
    return [] if answer.is_client_error else [f"{operation.label} goes on: {answer.text[:200]}"]


def _ways(
    operation: Operation, path: str, given: dict[str, Any], owner: Person
) -> Iterator[tuple[str, dict[str, str]]]:
    params = given.get("params", {})
    yield "", params
    if operation.takes("cursor"):
        for box in [{}, {"box": "out"}] if operation.takes("box") else [{}]:
            few = {**params, **box, "limit": "1"}
            page = owner.ask(operation.verb, "GET", path, params=few)
            if page.is_success and (cursor := page.json()["next_cursor"]):
                yield " with the other's cursor", {**params, **box, "cursor": cursor}


def _items(answer: httpx2.Response) -> bool:
    """Whether a list has anything in it."""
    try:
        body = answer.json()
    except ValueError:
        return False
    return any(body.get(name) for name in ("items", "posts", "subreddits", "rules", "mine"))


def attack(intruder: Person, owned: Owned) -> list[str]:
    """Try to change what is another's; gives the answers that no such try may get."""
    faults = []
    writes = ("PUT", "PATCH", "POST", "DELETE")
    for operation, path, given in requests_with(intruder.target, owned, writes):
        rule = rule_of(operation)
        if rule.needs is None:
            continue
        answer = intruder.ask(operation.verb, operation.method, path, **given)
        if (rule.needs and answer.status_code != 403) or answer.is_server_error:
            faults.append(f"{operation.label}: {answer.status_code} {answer.text[:200]}")
    return faults
