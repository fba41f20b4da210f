"""The sort keys of posts: pure functions of what a post says, so they can be stored and indexed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import log2, log10, sqrt
from typing import Any

# Reddit's epoch of `hot`: 2005-12-08 07:46:43 UTC.
_REDDIT_EPOCH = 1134028003
_HOT_SECONDS = 45000
_RISING_SECONDS = 3600
_END = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
# log2 of more attention than a post can have: score and comments are below 2**53 each.
LONGEST_RISE_HOURS = 54.001
# The 80% quantile, two-sided, that Reddit's `confidence` uses.
_Z = 1.281551565545


def hot(score: int, created: float) -> float:
    """Reddit's hot rank: ten times the score weighs as much as 12.5 hours.

    Source: `_hot` in reddit/r2/r2/lib/db/_sorts.pyx of Reddit's published code.

    Args:
        score: ups minus downs.
        created: seconds since 1970.
    """
    sign = (score > 0) - (score < 0)
    return round(sign * log10(max(abs(score), 1)) + (created - _REDDIT_EPOCH) / _HOT_SECONDS, 7)


def best(ups: int, downs: int) -> float:
    """Lower bound of the Wilson score interval of the share of upvotes, 0 without votes.

    Source: `_confidence` in reddit/r2/r2/lib/db/_sorts.pyx; Wilson, "Probable inference, the law of
    succession, and statistical inference", JASA 22 (1927).
    """
    votes = ups + downs
    if not votes:
        return 0.0
    share = ups / votes
    left = share + _Z * _Z / (2 * votes)
    right = _Z * sqrt(share * (1 - share) / votes + _Z * _Z / (4 * votes * votes))
    return (left - right) / (1 + _Z * _Z / votes)


def controversial(ups: int, downs: int) -> float:
    """Many votes, evenly split: the number of votes to the power of the balance; 0 if all agree.

    Source: `controversy` in reddit/r2/r2/lib/db/_sorts.pyx.
    """
    if ups <= 0 or downs <= 0:
        return 0.0
    balance = downs / ups if ups > downs else ups / downs
    return float((ups + downs) ** balance)


def rising(score: int, num_comments: int, created: float) -> float:
    """Much attention for its youth: twice the votes and comments weigh as much as one hour.

    Reddit's own formula (r2/lib/rising.py) is upvotes per view and hour of age; views are not known
    here, and an age changes all the time while a stored key must not. So this is forward decay,
    exponential, with a half-life of one hour, on a log scale: its order at any time is that of
    `attention * 2 ** -age_in_hours`. Source: Cormode, Shkapenyuk, Srivastava, Xu, "Forward decay: a
    practical time decay model for streaming systems", ICDE 2009.
    """
    attention = 1 + max(score, 0) + num_comments
    return round(log2(attention) + (created - _REDDIT_EPOCH) / _RISING_SECONDS, 7)


def youngest(rank: float) -> datetime:
    """The latest time at which a post of this `rising` rank can have been made."""
    seconds = _REDDIT_EPOCH + (rank + 1e-6) * _RISING_SECONDS
    return datetime.fromtimestamp(min(max(seconds, 0), _END), UTC)


def votes(fields: Mapping[str, Any]) -> tuple[int, int]:
    """Ups and downs; where only the score is known, all votes are taken to point its way."""
    score, ups, downs = fields["score"], fields["ups"], fields["downs"]
    if ups is None and downs is None:
        return max(score, 0), max(-score, 0)
    if ups is None:
        return max(score + downs, 0), downs
    return ups, max(ups - score, 0) if downs is None else downs


def rank(fields: Mapping[str, Any]) -> dict[str, float]:
    """The sort keys that are computed when a post is written; they depend on the post alone."""
    score, created = fields["score"], fields["created_at"].timestamp()
    ups, downs = votes(fields)
    return {
        "hot": hot(score, created),
        "best": best(ups, downs),
        "controversial": controversial(ups, downs),
        "rising": rising(score, fields["num_comments"], created),
    }
