"""What liking means. Knows neither HTTP nor MongoDB."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Record = Mapping[str, Any]
# When the last like of a page was given, and of which post it is.
Position = tuple[datetime, str]

# As in posts, which a like may be ahead of.
ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,31}:[!-.0-~]+$"
LONGEST_ID = 200
MOST_COUNTS = 100


def like_id(user: str, post: str) -> str:
    """One id for the same wish, so that wishing twice changes nothing.

    Unambiguous, since a user's subject has no `|`.
    """
    return f"{user}|{post}"


def kept(moment: datetime) -> datetime:
    """A time as MongoDB keeps it: to the millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def cut(found: Sequence[Record], limit: int) -> tuple[Sequence[Record], Position | None]:
    """A page of at most `limit` likes, and where the next one begins if there is more."""
    shown = found[:limit]
    if len(found) <= limit:
        return shown, None
    return shown, (shown[-1]["at"], shown[-1]["post"])
