"""What a tag is, and when two are the same."""

import unicodedata
from collections.abc import Sequence
from typing import Literal, TypeVar

T = TypeVar("T")
By = Literal["user", "rule"]

# The same form as in the service posts, which may not have seen the post yet.
ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,31}:[!-.0-~]+$"
LONGEST_ID = 200
TAG_PATTERN = r"^[\w.-]{1,50}$"
# Words of the routes, and what clients take out of a path before they send it (RFC 3986, 5.2.4).
RESERVED = frozenset({"suggest", "rules", ".", ".."})


def composed(tag: str) -> str:
    """The tag in one spelling of its characters (Unicode NFC); otherwise as typed."""
    return unicodedata.normalize("NFC", tag)


def folded(tag: str) -> str:
    """The tag as it is compared: upper and lower case are the same."""
    return composed(tag).casefold()


def tag_id(user: str, post: str, tag: str) -> str:
    """One id for the same wish, so that wishing twice changes nothing."""
    return f"{user}|{post}|{folded(tag)}"


def cut(found: Sequence[T], limit: int) -> tuple[list[T], T | None]:
    """A page of at most `limit`, and its last item if more follow it."""
    shown = list(found[:limit])
    return shown, shown[-1] if len(found) > limit else None
