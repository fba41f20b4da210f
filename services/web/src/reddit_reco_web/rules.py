"""A reader's rules: which new posts get which tag by themselves."""

import re
from collections.abc import Callable

from flask import Blueprint, Response, redirect, request, url_for

from . import answers, csrf, domain, notices
from .answers import Rule
from .asking import ask, page
from .backends import Answer, Call
from .guards import signed_in

rules = Blueprint("rules", __name__, url_prefix="/me/rules")
_PATH = "/api/v1/tags/rules"
Change = Callable[[list[Rule]], list[Rule]]


@rules.get("")
@signed_in
def show() -> Response:
    """My rules, and a form for another."""
    [answer] = ask(Call("tag", _PATH))
    return _page(answer)


@rules.post("")
@signed_in
def add() -> Response:
    """Add a rule."""
    csrf.check()
    return _change(lambda kept: [*kept, _given()])


@rules.post("/delete")
@signed_in
def delete() -> Response:
    """Take the rule away that the button names."""
    csrf.check()
    unwanted = request.form.get("rule", "")
    return _change(lambda kept: [one for one in kept if rule_key(one) != unwanted])


def rule_key(rule: Rule) -> str:
    """A name for a rule, made of what is in it."""
    return domain.key(repr(rule))


def _change(change: Change) -> Response:
    """Read the rules, change them, and write all: the service takes them as a whole."""
    [before] = ask(Call("tag", _PATH))
    if not before.ok:
        return _page(before, status=503)
    kept = change(list(answers.rules(before.body)))
    bodies = [one.body() for one in dict.fromkeys(kept)]
    [after] = ask(Call("tag", _PATH, method="PUT", body={"rules": bodies}))
    if not after.ok:
        fault = _fault(after) or "The service “tag” does not answer, so nothing was changed."
        return _page(before, fault=fault, status=503 if after.missing else 400)
    notices.leave("rules")
    return redirect(url_for("rules.show"), 303)  # type: ignore[return-value]


def _fault(answer: Answer) -> str:
    """What the service says against the rules, without places in a list that nobody sees."""
    if answer.missing:
        return ""
    pairs = answers.faults(answer.body)
    said = [f"{field}: {detail}" if field else detail for field, detail in pairs]
    return " ".join(f"{one[:1].upper()}{one[1:].removesuffix('.')}." for one in said)


def _page(answer: Answer, fault: str = "", status: int = 200) -> Response:
    return page(
        "rules.html",
        {"tag": answer},
        status=status,
        fault=fault,
        rules=[(rule_key(one), one) for one in answers.rules(answer.body)],
        sources=domain.SOURCE_NAMES,
        given=request.form,
    )


def _given() -> Rule:
    found = {name: request.form.get(name, "").strip() for name in ("tag", "author", "source")}
    subreddit = request.form.get("subreddit", "").strip()
    words = re.split(r"[\s,]+", request.form.get("words", ""))
    return Rule(
        **found,
        subreddit=re.sub(r"^/?r/", "", subreddit),
        words=tuple(word for word in words if word),
    )
