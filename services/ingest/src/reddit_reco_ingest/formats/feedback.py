"""`feedback`: what users did, `{user, verb, post, value?, time}`, one a line or in an array.

A user is a subject as tokens have it; a bare name gets `user:` in front. The value of a tag is the
tag; for the other verbs it says yes, if it is there. With `hide`, a `subreddit` may take the place
of the post; with `tag`, a `when` makes a rule: it says which new posts get the tag, and nobody has
to say since when it holds. A tag with `"by": "rule"` was given by a rule; otherwise by hand.

`reddit-reco-export`: the same lines, as a person takes them along from a site like this one.
Whoever imports them makes them their own, so the user in them does not matter.
"""

import re
from collections.abc import Iterator
from typing import Any

from ..domain import Feedback, Item, Positioned, Refused
from ..reading import Chunks, json_records
from .options import Options
from .records import items
from .values import moment

VERBS = ("like", "hide", "tag", "share")
_SUBJECT = re.compile(r"[!-{}~]{1,200}")
_POST = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}:[!-.0-~]+")
_LONGEST_ID = 200
_LONGEST_VALUE = 200
_MOST_CONDITIONS = 10


def read(chunks: Chunks, _options: Options, start: int) -> Iterator[Positioned]:
    """An item a record."""
    return items(json_records(chunks), start, _item)


def check_own(options: Options) -> None:
    """Somebody has to own what the file holds.

    Raises:
        Refused: nobody is named.
    """
    if not options.user:
        raise Refused("whose data is it?", "user")


def read_own(chunks: Chunks, options: Options, start: int) -> Iterator[Positioned]:
    """An item a record, each the importer's."""
    return items(
        json_records(chunks), start, lambda record: _item({**record, "user": options.user})
    )


def _item(record: dict[str, Any]) -> Item:
    verb = record.get("verb")
    if verb not in VERBS:
        raise Refused(f"is none of {', '.join(VERBS)}", "verb")
    user, value = _user(record.get("user")), _value(verb, record.get("value"))
    if verb == "tag" and (when := _when(record)) is not None:
        return Feedback(verb, user, None, value, when=when)
    subreddit = _subreddit(record) if verb == "hide" else None
    post = None if subreddit else _post(record.get("post"))
    by = _by(record.get("by")) if verb == "tag" else None
    return Feedback(verb, user, post, value, moment(record.get("time"), "time"), subreddit, by=by)


def _when(record: dict[str, Any]) -> dict[str, Any] | None:
    """What a rule asks for. The service tag knows what that may be."""
    when = record.get("when")
    if when is None or record.get("post") is not None:
        return None
    if type(when) is not dict or len(when) > _MOST_CONDITIONS:
        raise Refused("says nothing of posts", "when")
    return when


def _by(value: Any) -> str | None:
    """`rule`, or None for a tag by hand, as all were of which files from before say nothing."""
    if value not in (None, "user", "rule"):
        raise Refused("is neither user nor rule", "by")
    return "rule" if value == "rule" else None


def _subreddit(record: dict[str, Any]) -> str | None:
    name = record.get("subreddit")
    if name is None or record.get("post") is not None:
        return None
    if type(name) is not str or not 0 < len(name) <= _LONGEST_VALUE:
        raise Refused("is no subreddit's name", "subreddit")
    return name


def _user(value: Any) -> str:
    if type(value) is int:
        value = str(value)
    if type(value) is not str or not value:
        raise Refused("is missing, or not text", "user")
    subject = value if ":" in value else f"user:{value}"
    if not _SUBJECT.fullmatch(subject):
        raise Refused("is longer than 200 characters, or has some that no user's id has", "user")
    return subject


def _post(value: Any) -> str:
    if type(value) is not str or not value:
        raise Refused("is missing, or not text", "post")
    if len(value) > _LONGEST_ID or not _POST.fullmatch(value):
        raise Refused("is no post's id, as in reddit:1fymy0", "post")
    return value


def _value(verb: str, value: Any) -> str | float | bool | None:
    if value is not None and type(value) not in (str, int, float, bool):
        raise Refused("is neither text, nor a number, true or false", "value")
    if type(value) is str and len(value) > _LONGEST_VALUE:
        raise Refused(f"is longer than {_LONGEST_VALUE} characters", "value")
    if verb == "tag" and type(value) is not str:
        raise Refused("is missing: it is the tag", "value")
    found: str | float | bool | None = value
    return found
