"""Which picture a post has, and what can be wrong with one. Knows neither HTTP nor MongoDB."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qs, urlsplit

Post = Mapping[str, Any]
Width = Literal[160, 320, 640, 1280]
WIDTHS: tuple[Width, ...] = (160, 320, 640, 1280)

# As in posts.
ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,31}:[!-.0-~]+$"
LONGEST_ID = 200

# Twitter adds `:large`.
_PICTURE = re.compile(r"\.(jpe?g|png|webp|gif)(:[a-z]+)?$", re.IGNORECASE)
_ONLY_PICTURES = frozenset({"i.redd.it", "preview.redd.it", "pbs.twimg.com"})
_IMGUR = frozenset({"imgur.com", "www.imgur.com", "m.imgur.com", "i.imgur.com"})
_IMGUR_ID = re.compile(r"^/([A-Za-z0-9]{5,8})(\.gifv)?$")
_NO_IMGUR_ID = frozenset({"random", "gallery", "upload", "signin", "register"})
_YOUTUBE = frozenset({"youtube.com", "www.youtube.com", "m.youtube.com"})
_YOUTUBE_ID = re.compile(r"^[A-Za-z0-9_-]{11}$")
# What hosts send, with 200, instead of a picture that is gone.
_PLACEHOLDERS = frozenset({"i.imgur.com/removed.png"})


class PostUnknown(Exception):
    """There is no such post."""


class PostDeleted(Exception):
    """The post was deleted."""


class PostsAway(Exception):
    """The posts service does not say whether the post is there."""


class NoPicture(Exception):
    """The post leads to no picture, or to one that the reader did not ask to see."""


class Busy(Exception):
    """As many pictures are being fetched as may be."""


class Refused(Exception):
    """A picture that cannot be had, or is not taken.

    Args:
        reason: the stable name of what is wrong, in kebab case.
        detail: the same for a person; says nothing of what an address leads to.
        passing: whether it is worth another try soon.
    """

    def __init__(self, reason: str, detail: str, *, passing: bool = False) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.passing = passing


@dataclass(frozen=True)
class Picture:
    """A picture in one width, as WebP."""

    data: bytes
    etag: str
    fetched_at: datetime


def picture_address(post: Post) -> str | None:
    """Where the picture of a post is: its link, if that is one, or a well-known thumbnail of it."""
    url = post.get("url")
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        host = parts.hostname if parts else None
    except ValueError:
        return None
    if not parts or not host or parts.scheme not in ("http", "https"):
        return None
    return _of_imgur(host, parts) or _of_youtube(host, parts) or _direct(host, parts)


def is_placeholder(address: str) -> bool:
    """Whether an address is that of a picture which says that the picture is gone."""
    parts = urlsplit(address)
    return f"{parts.hostname}{parts.path}" in _PLACEHOLDERS


def _direct(host: str, parts: SplitResult) -> str | None:
    wanted = _PICTURE.search(parts.path) or (host in _ONLY_PICTURES and len(parts.path) > 1)
    return parts._replace(fragment="").geturl() if wanted else None


def _of_imgur(host: str, parts: SplitResult) -> str | None:
    found = _IMGUR_ID.match(parts.path) if host in _IMGUR else None
    if not found or found[1] in _NO_IMGUR_ID:
        return None
    return f"https://i.imgur.com/{found[1]}.jpg"


def _of_youtube(host: str, parts: SplitResult) -> str | None:
    if host == "youtu.be":
        video = parts.path[1:]
    elif host in _YOUTUBE and parts.path == "/watch":
        video = parse_qs(parts.query).get("v", [""])[0]
    else:
        return None
    return f"https://i.ytimg.com/vi/{video}/hqdefault.jpg" if _YOUTUBE_ID.match(video) else None
