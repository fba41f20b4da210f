"""What the next page tells a reader without script: what was done, and how to undo it.

It lies in a cookie until then, as an act that is read back strictly: nobody can write sentences.
"""

import base64
import binascii
from dataclasses import dataclass

from . import acts, cookies

_SECONDS = 120
_SENTENCES = {
    "signed-out": "You are signed out.",
    "signed-out-here": "You are signed out in this browser. Login did not answer, so that the "
    "session ends there by itself.",
    "erased": "Your account is erased. What the services kept of you goes within seconds.",
    "welcome": "Welcome! Your account is ready.",
    "account": "Your account is ready. Sign in to go on.",
    "rules": "Your rules are saved. They hold for posts that come from now on.",
    "import-stopped": "The import was stopped. What it brought so far stays.",
    "topics": "Your topics are saved in this browser.",
}


@dataclass(frozen=True)
class Notice:
    """A sentence, the act that undoes what it says, and the code of a new short link."""

    sentence: str
    undo: str = ""
    code: str = ""
    failed: bool = False


def leave(name: str) -> None:
    """Leave one of the sentences for the next page."""
    _leave(f"say {name}")


def leave_done(act: acts.Act) -> None:
    """Tell on the next page that this was done; a share carries its code in `what`."""
    _leave(f"did {act}")


def leave_failed(verb: str) -> None:
    """Tell on the next page that the verb did not answer."""
    _leave(f"not {verb}")


def take() -> Notice | None:
    """The notice that the page before left, once."""
    kept = cookies.read("notice")
    if not kept:
        return None
    cookies.drop("notice")
    try:
        text = base64.urlsafe_b64decode(kept.encode("ascii", "replace")).decode()
    except (binascii.Error, ValueError):
        return None
    how, _, rest = text.partition(" ")
    if how == "say" and rest in _SENTENCES:
        return Notice(_SENTENCES[rest])
    if how == "not" and rest.isascii() and rest.isalpha():
        return Notice(f"The service “{rest}” does not answer, so nothing was done.", failed=True)
    return _of_act(rest) if how == "did" else None


def _of_act(text: str) -> Notice | None:
    try:
        act = acts.parse(text)
    except acts.ActRefused:
        return None
    if act.kind == "share":
        return Notice(act.sentence, str(acts.Act("unshare", act.post, act.what)), act.what)
    return Notice(act.sentence, str(act.undo or ""))


def _leave(text: str) -> None:
    cookies.keep("notice", base64.urlsafe_b64encode(text.encode()).decode(), _SECONDS)
