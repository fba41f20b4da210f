"""The types of problems that this service answers beside those of the chassis."""

from reddit_reco_chassis import ProblemType

POST_NOT_FOUND = ProblemType(404, "post-not-found", "There is no such post.")
POST_DELETED = ProblemType(410, "post-deleted", "The post was deleted, and does not come back.")
NO_PICTURE = ProblemType(404, "no-picture", "The post has no picture.")
PICTURE_REFUSED = ProblemType(
    404, "picture-refused", "The picture cannot be shown: `reason` says why. Link to it instead."
)
POSTS_UNAVAILABLE = ProblemType(
    503,
    "posts-unavailable",
    "The service posts does not answer: try again after `Retry-After`.",
)
BUSY = ProblemType(
    503, "busy", "Too many pictures are being fetched: try again after `Retry-After`."
)
TYPES = (POST_NOT_FOUND, POST_DELETED, NO_PICTURE, PICTURE_REFUSED, POSTS_UNAVAILABLE, BUSY)
