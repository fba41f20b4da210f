"""What names, passwords and refresh tokens are; no HTTP, no database."""

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

NAME_PATTERN = r"^[A-Za-z0-9_-]{3,32}$"
_SHORTEST_NAME, _LONGEST_NAME, _LONGEST_STEM = 3, 32, 25
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
ADMIN_SCOPES = ("admin", "posts:write")
# A lost answer is bad luck, and so are two; more look as if two went on with one session.
MOST_LATE_IN_A_ROW = 2
# Who has one of these looks as if they spoke for the site.
RESERVED = frozenset({"admin", "administrator", "root", "system", "moderator", "support"})
# The commonest of those that are long enough.
_COMMON = frozenset(
    [
        "1234567890",
        "0123456789",
        "0987654321",
        "9876543210",
        "12345678910",
        "123456789a",
        "a123456789",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "q1w2e3r4t5",
        "qwertyuiop",
        "qwerty1234",
        "qwerty12345",
        "qwerty123456",
        "1234qwerasdf",
        "asdfghjkl;",
        "zxcvbnm123",
        "password12",
        "password123",
        "password1234",
        "passwordpassword",
        "passw0rd123",
        "p@ssw0rd123",
        "letmein123",
        "iloveyou123",
        "welcome123",
        "welcome1234",
        "administrator",
        "admin12345",
        "admin123456",
        "changeme123",
        "football123",
        "baseball123",
        "sunshine123",
        "princess123",
        "superman123",
        "dragon12345",
        "monkey12345",
        "abcdefghij",
        "abcdef123456",
        "abc1234567",
        "trustno1trustno1",
        "redditreddit",
    ]
)
_TOKEN = re.compile(r"([0-9a-f]{32})\.([A-Za-z0-9_-]{43})")


class NameTaken(Exception):
    """Somebody has this name, or had it until just now."""


class SignInRefused(Exception):
    """The name is unknown or the password wrong: which of them, nobody is told."""


class RefreshRefused(Exception):
    """The refresh token is unknown, expired, or was used before."""


class AccountUnknown(Exception):
    """The token's subject has no account here."""


@dataclass(frozen=True)
class LimitReached(Exception):
    """Too many requests; the next is welcome after so many seconds."""

    retry_after: int


@dataclass(frozen=True)
class User:
    """An account, without its password."""

    subject: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True)
class RefreshToken:
    """The family (one signing-in) that a refresh token is of, and its secret."""

    family: str
    secret: str

    def __repr__(self) -> str:
        return f"RefreshToken({self.family})"

    @property
    def text(self) -> str:
        """As it is handed out."""
        return f"{self.family}.{self.secret}"

    @property
    def digest(self) -> str:
        """As it is kept. The secret is 256 random bits: a slow hash would gain nothing."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def successor(self, salt: bytes) -> "RefreshToken":
        """The token that takes this one's place.

        It follows from this token and the salt, so that two tabs which refresh at once get the
        same one, and what is kept (digests and salts) still yields no token to who reads it.
        """
        raw = hmac.digest(self.secret.encode(), salt, "sha256")
        return RefreshToken(self.family, _text(raw))


def new_refresh_token() -> RefreshToken:
    """The first token of a new family."""
    return RefreshToken(secrets.token_hex(16), _text(secrets.token_bytes(32)))


def parse_refresh_token(text: str) -> RefreshToken:
    """Read a token back.

    Raises:
        RefreshRefused: it is not of this form.
    """
    match = _TOKEN.fullmatch(text)
    if match is None:
        raise RefreshRefused
    return RefreshToken(match[1], match[2])


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def new_subject() -> str:
    """A subject that nobody had before, so that an old name never leads to old data."""
    return f"user:{secrets.token_hex(16)}"


def folded(name: str) -> str:
    """The name as it is kept and compared, or "" for what cannot be a name.

    The form is checked before the case is folded: U+212A folds to a plain k.
    """
    return name.lower() if re.fullmatch(NAME_PATTERN[1:-1], name) else ""


def names_like(wanted: str) -> Iterator[str]:
    """Usernames for somebody who is called `wanted` elsewhere, the nearest first, without end."""
    plain = unicodedata.normalize("NFKD", wanted.partition("@")[0])
    letters = plain.encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9_-]+", "-", letters).strip("-")[:_LONGEST_NAME].strip("-")
    if len(base) >= _SHORTEST_NAME and base not in RESERVED:
        yield base
    else:
        base = "user"
    while True:
        yield f"{base[:_LONGEST_STEM].strip('-')}-{secrets.token_hex(3)}"


def normalized(password: str) -> str:
    """One form of a password, whichever keyboard composed its letters (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, name: str) -> str | None:
    """Why a password is refused, or None if it is good enough."""
    plain = normalized(password).casefold()
    if plain in _COMMON:
        return "this password is one of the commonest"
    if len(set(plain)) < 4:
        return "this password repeats very few characters"
    if plain in (name, name * 2, name[::-1]):
        return "this password is the username"
    return None


def window(now: datetime, seconds: int) -> tuple[datetime, datetime]:
    """Start and end of the fixed window that `now` is in."""
    start = now - timedelta(seconds=now.timestamp() % seconds)
    return start, start + timedelta(seconds=seconds)


def place(name: str, address: str) -> str:
    """An account at an address, as it is kept: neither lies about in plain."""
    return hashlib.sha256(f"{address} {name}".encode()).hexdigest()[:32]


def client_address(peer: str, forwarded: Sequence[str], proxies: int) -> str:
    """Whom a limit counts: what the outermost trusted proxy saw; of IPv6, the /64 network.

    A header with fewer entries than proxies came past them: from inside, so the peer counts.
    """
    given = forwarded[-proxies] if 0 < proxies <= len(forwarded) else peer
    for candidate in (given.strip(), peer):
        try:
            address = ipaddress.ip_address(candidate)
        except ValueError:
            continue
        if address.version == 6 and address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address.packed, 64), strict=False))
        return str(getattr(address, "ipv4_mapped", None) or address)
    return "unknown"
