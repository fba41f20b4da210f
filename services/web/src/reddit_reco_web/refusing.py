"""What a service refuses, in words for whoever reads the page."""

from flask import Response, make_response, render_template, request

from reddit_reco_chassis.problems import INVALID_CURSOR

from .asking import is_part
from .backends import Answer
from .errors import part_failed

_EXPIRED = INVALID_CURSOR.members()["type"]
# The problem's own sentence is for programs, which know what a cursor is.
_ENDED = "This list was made anew since then, and does not go on from here."


def refusal(answer: Answer, otherwise: str = "") -> str:
    """The sentence with which a service refused; empty if it did not."""
    if answer.ok or answer.missing:
        return ""
    return _ENDED if _ended(answer) else answer.detail or otherwise


def instead_of_next(answer: Answer) -> Response | None:
    """What a script gets instead of a list's next part; None if there is one, or a whole page."""
    if answer.ok or not (is_part() and request.args.get("cursor")):
        return None
    if not _ended(answer):
        # The link to the part stays where it is: it may be there when it is asked for again.
        return part_failed(answer.verb, refusal(answer, "That did not work."))
    response = make_response(render_template("_ended.html", sentence=_ENDED))
    response.headers["Cache-Control"] = "no-store"
    return response


def _ended(answer: Answer) -> bool:
    """Whether the cursor is of a list that is not kept any more, or that a newer version made."""
    return isinstance(answer.body, dict) and answer.body.get("type") == _EXPIRED
