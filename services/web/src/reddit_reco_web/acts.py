"""What a reader can do with a post: each act, the call that does it, and the act that undoes it.

It is written as `<kind> <post>` or `<kind> <post> <what>`: the value of the button that does it.
No Flask, no HTTP.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from .backends import Call

_POST = r"[a-z0-9][a-z0-9_-]{0,31}:[!-.0-~]+"
_ACT = re.compile(rf"(?P<kind>[a-z-]+) (?P<post>{_POST})(?: (?P<what>.+))?")
_LONGEST = 450
_TAG = re.compile(r"[\w.-]{1,50}")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME = re.compile(r"[^\x00-\x20\x7f]{1,100}")
TAG_RULE = "A tag is 1 to 50 letters, digits, “-”, “_” or “.”; “suggest” and “rules” are taken."


class ActRefused(ValueError):
    """The act makes no sense; the message says why."""


@dataclass(frozen=True)
class Act:
    """Something done with a post; `what` is the tag, subreddit, share's code or receiver's name."""

    kind: str
    post: str
    what: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.post} {self.what}".rstrip()

    @property
    def verb(self) -> str:
        """The service that does it."""
        return _KINDS[self.kind].verb

    @property
    def undo(self) -> "Act | None":
        """The act that takes this one back, if there is one."""
        opposite = _KINDS[self.kind].undo
        return Act(opposite, self.post, self.what) if opposite else None

    @property
    def sentence(self) -> str:
        """What a reader is told once it is done."""
        return _KINDS[self.kind].sentence.format(what=self.what)

    def call(self) -> Call:
        """The call that does it."""
        return _KINDS[self.kind].call(self)


def parse(text: str, typed: str = "") -> Act:
    """Read an act; `typed` is the tag or name that came from a field of its own.

    Raises:
        ActRefused: it is none.
    """
    match = _ACT.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or match["kind"] not in _KINDS:
        raise ActRefused("This is nothing that can be done with a post.")
    act = Act(match["kind"], match["post"], match["what"] or typed.strip())
    return _KINDS[act.kind].check(act)


@dataclass(frozen=True)
class _Kind:
    verb: str
    call: Callable[[Act], Call]
    sentence: str
    undo: str = ""
    check: Callable[[Act], Act] = lambda act: Act(act.kind, act.post)


def _on(verb: str, path: str, method: str) -> Callable[[Act], Call]:
    def call(act: Act) -> Call:
        parts = {"post": quote(act.post, safe=":"), "what": quote(act.what, safe="")}
        return Call(verb, path.format(**parts), method=method)

    return call


def _tag(act: Act) -> Act:
    """The tag as it can be kept: spaces within become hyphens."""
    tag = re.sub(r"\s+", "-", unicodedata.normalize("NFC", act.what.strip().lstrip("#")))
    if not _TAG.fullmatch(tag) or tag.casefold() in ("suggest", "rules", ".", ".."):
        raise ActRefused(TAG_RULE)
    return Act(act.kind, act.post, tag)


def _subreddit(act: Act) -> Act:
    if not act.what or "/" in act.what or act.what in (".", ".."):
        raise ActRefused("There is no such subreddit.")
    return act


def _code(act: Act) -> Act:
    if not _CODE.fullmatch(act.what):
        raise ActRefused("There is no such share.")
    return act


def _receiver(act: Act) -> Act:
    if act.what and not _NAME.fullmatch(act.what):
        raise ActRefused("A name has no spaces.")
    return act


def _share(act: Act) -> Call:
    body = {"post": act.post, **({"to": act.what} if act.what else {})}
    return Call("share", "/api/v1/shares", method="POST", body=body)


_LIKES, _HIDDEN = "/api/v1/likes/{post}", "/api/v1/hidden/{post}"
_TAGS, _SUBREDDITS = "/api/v1/tags/{post}/{what}", "/api/v1/hidden/subreddits/{what}"
_KINDS = {
    "like": _Kind("like", _on("like", _LIKES, "PUT"), "Liked.", "unlike"),
    "unlike": _Kind("like", _on("like", _LIKES, "DELETE"), "No longer liked.", "like"),
    "hide": _Kind("hide", _on("hide", _HIDDEN, "PUT"), "Hidden.", "show"),
    "show": _Kind("hide", _on("hide", _HIDDEN, "DELETE"), "Shown again.", "hide"),
    "hide-all": _Kind(
        "hide",
        _on("hide", _SUBREDDITS, "PUT"),
        "All posts of {what} are hidden.",
        "show-all",
        _subreddit,
    ),
    "show-all": _Kind(
        "hide",
        _on("hide", _SUBREDDITS, "DELETE"),
        "Posts of {what} are shown again.",
        "hide-all",
        _subreddit,
    ),
    "tag": _Kind("tag", _on("tag", _TAGS, "PUT"), "Tagged {what}.", "untag", _tag),
    "untag": _Kind("tag", _on("tag", _TAGS, "DELETE"), "The tag {what} is gone.", "tag", _tag),
    # Not done at once: it opens what tags are chosen from.
    "tags": _Kind("tag", _on("tag", "/api/v1/tags", "GET"), ""),
    "share": _Kind("share", _share, "Shared.", check=_receiver),
    "unshare": _Kind(
        "share",
        _on("share", "/api/v1/shares/{what}", "DELETE"),
        "Taken back: the short link leads nowhere now.",
        check=_code,
    ),
}
