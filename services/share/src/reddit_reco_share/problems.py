"""The types of problems that this service answers beside those of the chassis."""

from reddit_reco_chassis import ProblemType
from reddit_reco_synced.problems import OF_BATCHES, USER_ERASED

SHARE_NOT_FOUND = ProblemType(
    404, "share-not-found", "There is no such link: it may have been taken back."
)
KEY_REUSED = ProblemType(
    422,
    "idempotency-key-reused",
    "The key came before, with another request: take a new one.",
)
TYPES = (*OF_BATCHES, USER_ERASED, SHARE_NOT_FOUND, KEY_REUSED)
