"""Forms of other sites are refused: a form must carry the secret that lies in the browser's cookie.

Beside it the browser's own word counts where it gives one: `Sec-Fetch-Site` and `Origin`.
"""

import base64
import binascii
import hmac
import secrets
from urllib.parse import urlsplit

from flask import g, request
from werkzeug.exceptions import Forbidden

from . import cookies

FIELD, HEADER = "csrf", "X-CSRF-Token"
_BYTES = 18
_SECONDS = 30 * 86_400


def token() -> str:
    """What this response's forms carry.

    It looks different each time, or a compressed page would tell it bit by bit (BREACH).
    """
    if "csrf_token" not in g:
        mask = secrets.token_bytes(_BYTES)
        g.csrf_token = _text(mask + _xor(mask, _secret()))
    shown: str = g.csrf_token
    return shown


def renew() -> None:
    """Forget the secret: who signs in goes on with one that nobody saw before."""
    g.csrf_secret = secrets.token_bytes(_BYTES)
    g.pop("csrf_token", None)
    cookies.keep("csrf", _text(g.csrf_secret), _SECONDS)


def check() -> None:
    """Refuse the request unless one of this browser's own pages made it.

    Raises:
        Forbidden: it was another site, or a form that is too old.
    """
    if from_elsewhere():
        raise Forbidden("This came from another site, so nothing was done.")
    given = _bytes(request.headers.get(HEADER) or request.form.get(FIELD, ""))
    known = _bytes(cookies.read("csrf"))
    fits = len(given) == 2 * _BYTES and len(known) == _BYTES
    if not fits or not hmac.compare_digest(_xor(given[:_BYTES], given[_BYTES:]), known):
        raise Forbidden("This form is too old. Go back, load the page again, and send it again.")


def from_elsewhere() -> bool:
    """Whether the browser says that another site made it ask."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin", "null")
    return origin != "null" and urlsplit(origin).netloc != request.host


def _secret() -> bytes:
    if "csrf_secret" not in g:
        g.csrf_secret = _bytes(cookies.read("csrf"))
        if len(g.csrf_secret) != _BYTES:
            renew()
    secret: bytes = g.csrf_secret
    return secret


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=True))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii", "replace"), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
