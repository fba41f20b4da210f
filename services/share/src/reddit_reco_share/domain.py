"""What a short link is, and who is a visitor."""

import base64
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar
from urllib.parse import quote

T = TypeVar("T")
Box = Literal["in", "out"]

# The same form as in the service posts, which may not have seen the post yet.
ID_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,31}:[!-.0-~]+$"
LONGEST_ID = 200
CODE = re.compile(r"[A-Za-z0-9_-]{12}")
_CODE_BYTES = 9

# What names itself a machine. Headless browsers and HTTP tools do not: a person may use them.
_BOT = re.compile(
    r"(?<!cu)bot|crawl|spider|slurp|preview|scrap|archiver|facebookexternalhit|embedly|"
    r"mediapartners|lighthouse|pingdom|uptime|whatsapp/|vkshare",
    re.IGNORECASE,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def new_code() -> str:
    """A code that nobody can guess: 72 random bits in 12 characters that need no escape."""
    return secrets.token_urlsafe(_CODE_BYTES)


def code_of(key: bytes, user: str, post: str, since_1970: int | None) -> str:
    """The code of an imported share: always the same, and no easier to guess than any other.

    It is a keyed hash (HMAC-SHA-256); what is hashed for visitors has another shape.
    """
    what = json.dumps(["share", user, post, since_1970]).encode()
    digest = hmac.digest(key, what, "sha256")[:_CODE_BYTES]
    return base64.urlsafe_b64encode(digest).decode()


def is_bot(agent: str) -> bool:
    """Whether a user agent says that it is a machine."""
    return _BOT.search(agent) is not None


def visitor_id(key: bytes, code: str, address: str, agent: str) -> str:
    """A visitor of one link, as a keyed hash (HMAC-SHA-256) of address and user agent.

    The code goes into the hash: nobody can tell that two links had the same visitor.
    """
    who = json.dumps([code, address, agent]).encode()
    return f"{code}|{hmac.digest(key, who, 'sha256').hex()}"


def visitor_address(forwarded: str, peer: str, proxies: int) -> str:
    """The address that the outermost of `proxies` saw; what clients put before it is no matter.

    Args:
        forwarded: `X-Forwarded-For`; each proxy adds at its end whom it was asked by.
        peer: the other end of the connection.
        proxies: how many of them stand in front.
    """
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    if not proxies or not hops:
        return peer
    return hops[-min(proxies, len(hops))]


def post_page(base: str, post: str) -> str:
    """The path of a post's page."""
    return f"{base}/posts/{quote(post, safe=':')}"


def short_link(base: str, code: str) -> str:
    """The path of a short link."""
    return f"{base}/s/{code}"


def folded(name: str) -> str:
    """A name as it is compared: upper and lower case are the same."""
    return name.casefold()


def cut(found: Sequence[T], limit: int) -> tuple[list[T], T | None]:
    """A page of at most `limit`, and its last item if more follow it."""
    shown = list(found[:limit])
    return shown, shown[-1] if len(found) > limit else None


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, as exact as MongoDB keeps times."""
    return (moment - _EPOCH) // _MILLISECOND
