"""What templates can say: dates and numbers for people, hashed names, links that keep filters."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Flask, request, url_for

from . import assets, csrf, openapi, sessions, words
from .asking import has, this_page
from .domain import FILTERS, Post, key

KEPT = ("q", *FILTERS, "from", "to", "sort", "over_18")


def register(app: Flask) -> None:
    """Make the filters and functions known to the templates of `app`."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(day=day, moment=moment, count=count, plural=plural, took=took)
    app.jinja_env.filters["coded"] = openapi.line
    app.jinja_env.globals.update(
        asset=asset,
        here=here,
        has=has,
        key=key,
        user=sessions.user,
        unrenewed=sessions.unrenewed,
        csrf_token=csrf.token,
        this_page=this_page,
        way_in=way_in,
        picture=picture,
        keys_list=words.KEYS,
        release=app.config["WEB"].version,
    )


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
    return url_for("site.asset", name=assets.hashed_name(name))


def here(**changes: Any) -> str:
    """This page with other parameters, from its first page on; None takes one away."""
    kept = {name: request.args[name] for name in KEPT if request.args.get(name)}
    if "topics" in request.args:
        # Empty it says that the topics kept in the browser do not count here.
        kept["topics"] = request.args["topics"]
    args = {name: value for name, value in {**kept, **changes}.items() if value is not None}
    return url_for(request.endpoint or "pages.home", **{**(request.view_args or {}), **args})


def way_in(endpoint: str) -> str:
    """The address of signing in or up, from where a reader comes back to this page."""
    reads = request.method == "GET" and request.blueprint not in ("account", "oidc", "site")
    return url_for(endpoint, next=this_page() if reads and request.endpoint else None)


def picture(post: Post, width: int) -> str:
    """The address of a post's picture, fetched and resized by the service image."""
    # Whoever comes to see a post for adults has asked for it.
    adult = "&over_18=include" if post.adult else ""
    return f"{request.script_root}/api/v1/images/{quote(post.id, safe=':')}?w={width}{adult}"
