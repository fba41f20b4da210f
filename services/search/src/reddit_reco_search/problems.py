"""The types of problems that this service answers beside those of the chassis."""

from reddit_reco_chassis import ProblemType

INVALID_QUERY = ProblemType(
    400, "invalid-query", "There is nothing to look for in `q`, or no sense in it: see `detail`."
)
TYPES = (INVALID_QUERY,)
