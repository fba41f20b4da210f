"""What hiding means. Knows neither HTTP nor MongoDB."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Record = Mapping[str, Any]
# When the last record of a page was written, and its key.
Position = tuple[datetime, str]

# As in posts, which a wish may be ahead of.
ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,31}:[!-.0-~]+$"
LONGEST_ID = 200
NAME_PATTERN = r"^[^\x00-\x1f\x7f/]+$"
LONGEST_NAME = 200
# A post id has a `:` before anything else that is no letter, digit, `-` or `_`: the two never meet.
_SUBREDDIT = "r/"


@dataclass(frozen=True)
class Hidden:
    """What is hidden: one post, or all posts of a subreddit."""

    kind: Literal["post", "subreddit"]
    value: str

    @property
    def key(self) -> str:
        """What tells it from all else that one user can hide."""
        return _SUBREDDIT + self.value if self.kind == "subreddit" else self.value


def post(post_id: str) -> Hidden:
    """A post."""
    return Hidden("post", post_id)


def subreddit(name: str) -> Hidden:
    """A subreddit; upper and lower case are the same."""
    return Hidden("subreddit", name.casefold())


def record_id(user: str, key: str) -> str:
    """One id for the same wish, so that wishing twice changes nothing.

    Unambiguous, since a user's subject has no `|`.
    """
    return f"{user}|{key}"


def key_of(record: Record) -> str:
    """The key in a stored record."""
    found: str = record["_id"][len(record["user"]) + 1 :]
    return found


def sorted_out(keys: Iterable[str]) -> tuple[list[str], list[str]]:
    """The posts and the subreddits among these keys."""
    posts: list[str] = []
    subreddits: list[str] = []
    for key in keys:
        if key.startswith(_SUBREDDIT):
            subreddits.append(key[len(_SUBREDDIT) :])
        else:
            posts.append(key)
    return posts, subreddits


def kept(moment: datetime) -> datetime:
    """A time as MongoDB keeps it: to the millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def cut(found: Sequence[Record], limit: int) -> tuple[Sequence[Record], Position | None]:
    """A page of at most `limit` records, and where the next one begins if there is more."""
    shown = found[:limit]
    if len(found) <= limit:
        return shown, None
    return shown, (shown[-1]["at"], key_of(shown[-1]))
