"""What templates can say: dates and numbers for people, hashed names, links that keep filters."""

from datetime import datetime
from typing import Any

from flask import Flask, request, url_for

from . import assets
from .domain import FILTERS

KEPT = ("q", *FILTERS, "from", "to", "sort", "over_18")


def register(app: Flask) -> None:
    """Make the filters and functions known to the templates of `app`."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(day=day, moment=moment, count=count, plural=plural, took=took)
    app.jinja_env.globals.update(asset=asset, here=here, release=app.config["WEB"].version)


def day(value: datetime) -> str:
    """`4 Mar 2013`, whatever the locale of the process."""
    return f"{value.day} {value:%b %Y}"


def moment(value: datetime) -> str:
    """`4 Mar 2013, 17:05 UTC`."""
    return f"{day(value)}, {value:%H:%M} UTC"


def count(value: int) -> str:
    """Thousands set apart by a thin space, as `12 345`; four digits stay together."""
    return f"{value:,}".replace(",", "\u202f") if abs(value) >= 10_000 else str(value)


def plural(value: int, one: str, many: str) -> str:
    """`1 point`, `2 points`."""
    return f"{count(value)}\u00a0{one if value == 1 else many}"


def took(milliseconds: float) -> str:
    """`0.4 ms`, `12 ms`, `1.3 s`."""
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.1f}\u00a0s"
    return f"{milliseconds:.{1 if milliseconds < 10 else 0}f}\u00a0ms"


def asset(name: str) -> str:
    """The address of a static file, with the hash of its content in it."""
    return url_for("pages.asset", name=assets.hashed_name(name))


def here(**changes: Any) -> str:
    """This page with other parameters, from its first page on; None takes one away."""
    kept = {name: request.args[name] for name in KEPT if request.args.get(name)}
    args = {name: value for name, value in {**kept, **changes}.items() if value is not None}
    return url_for(request.endpoint or "pages.home", **{**(request.view_args or {}), **args})
