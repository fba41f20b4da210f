"""The types of problems that this service answers beside those of the chassis."""

from reddit_reco_chassis import ProblemType

EMPTY_BATCH = ProblemType(400, "empty-batch", "The body has no line: send none, or some.")
TOO_MANY_LINES = ProblemType(
    413, "too-many-lines", "The body has more lines than one request may have: send several."
)
POST_NOT_FOUND = ProblemType(404, "post-not-found", "There is no such post.")
POST_DELETED = ProblemType(410, "post-deleted", "The post was deleted, and does not come back.")
CONTENDED = ProblemType(
    409, "contended", "Too many others are writing this post: try again after `Retry-After`."
)
PRECONDITION_FAILED = ProblemType(
    412,
    "precondition-failed",
    "The post is not the one that the header names: read it again, and decide anew.",
)
TYPES = (
    EMPTY_BATCH,
    TOO_MANY_LINES,
    POST_NOT_FOUND,
    POST_DELETED,
    CONTENDED,
    PRECONDITION_FAILED,
)
