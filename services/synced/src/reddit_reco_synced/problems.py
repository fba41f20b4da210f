"""The types of problems that this library raises; a service states those that it can meet."""

from reddit_reco_chassis import ProblemType

USER_ERASED = ProblemType(
    403, "user-erased", "The account was erased: nothing is kept for it any more."
)
EMPTY_BATCH = ProblemType(400, "empty-batch", "The body has no line: send none, or some.")
TOO_MANY_LINES = ProblemType(
    413, "too-many-lines", "The body has more lines than one request may have: send several."
)
#: For services that take batches.
OF_BATCHES = (EMPTY_BATCH, TOO_MANY_LINES)
