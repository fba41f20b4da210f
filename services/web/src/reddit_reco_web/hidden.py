"""What a reader does not want to see."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .domain import Post


@dataclass(frozen=True)
class Hidden:
    """Posts and (casefolded) subreddits that a reader hides; `known` is false if nobody said."""

    posts: frozenset[str] = frozenset()
    subreddits: frozenset[str] = frozenset()
    known: bool = True

    @classmethod
    def of(cls, body: Any) -> "Hidden":
        """Out of hide's answer; None for no answer."""
        if not isinstance(body, dict):
            return cls(known=False)
        return cls(_strings(body.get("posts")), _strings(body.get("subreddits")))

    def degraded(self, others: Iterable[str] = ()) -> tuple[str, ...]:
        """The verbs that a page is made without, `others` being what its services went without.

        Whatever they did without hide, what is known here is left out of the page.
        """
        names = [name for name in others if name not in ("hide", "hybrid")]
        return (*names, *(() if self.known else ("hide",)))

    def hides(self, post: Post) -> bool:
        """Whether the reader hides this post, by itself or with its subreddit."""
        return post.id in self.posts or (post.subreddit or "").casefold() in self.subreddits

    def leave_out(self, posts: Iterable[Post]) -> tuple[Post, ...]:
        """The posts that the reader does not hide."""
        return tuple(post for post in posts if not self.hides(post))


def _strings(given: Any) -> frozenset[str]:
    return (
        frozenset(one for one in given if isinstance(one, str))
        if isinstance(given, list)
        else frozenset()
    )
