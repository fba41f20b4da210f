"""Why a post is recommended, in words for a person."""

from collections.abc import Callable, Collection, Iterable, Mapping

from .domain import Post, Signal, folded
from .text import words

_LONGEST_TITLE = 80
_MOST_WORDS = 3


def because(signal: Signal, source: Post) -> str:
    """Recommended since the reader did something with another post."""
    title = quoted(source)
    match signal.verb:
        case "tag":
            return f"Because you tagged {title} with {signal.tag}"
        case "rule":
            return f"Because your rule tagged {title} with {signal.tag}"
        case "share":
            return f"Because you shared {title}"
        case _:
            return f"Because you liked {title}"


def company() -> str:
    """Recommended since people like it who are like the reader."""
    return "Liked by people who like what you like"


def popular(post: Post) -> str:
    """Recommended since it is popular where it is."""
    return f"Popular in {_place(post)}"


def topical(post: Post, topics: Collection[str]) -> str:
    """Recommended since the reader asked for its topic: its subreddit, or one of its tags."""
    if folded(str(post.get("subreddit") or "")) in topics:
        return f"Popular in {_place(post)}, a topic you picked"
    if tag := next((tag for tag in _tags(post) if tag in topics), ""):
        return f"Tagged with {tag}, a topic you picked"
    return "Tagged with a topic you picked"


def like(post: Post, other: Post, shared: float, telling: Callable[[str], float]) -> str:
    """Recommended since it is like another post.

    Args:
        post: the recommended one.
        other: the one that it is like.
        shared: how often the same people like both.
        telling: how much a word says of what a post is about; 0 for one that says nothing.
    """
    if common := _common(post, other, telling):
        return f"Also about {', '.join(common)}"
    if shared > 0:
        return f"Liked by people who like {quoted(other)}"
    if post.get("subreddit") and post.get("subreddit") == other.get("subreddit"):
        return f"Also in {_place(post)}"
    return f"Similar to {quoted(other)}"


def quoted(post: Post) -> str:
    """A title in quotation marks, cut if it is long."""
    title = " ".join(str(post.get("title") or "").split())
    if len(title) > _LONGEST_TITLE:
        title = title[: _LONGEST_TITLE - 1].rstrip() + "…"
    return f"“{title}”" if title else "another post"


def _common(post: Post, other: Post, telling: Callable[[str], float]) -> list[str]:
    tags = [tag for tag in _tags(post) if tag in set(_tags(other))]
    there = set(words(str(other.get("title") or "")))
    said = {word for word in words(str(post.get("title") or "")) if word in there}
    weights = {word: telling(word) for word in said}
    found = dict.fromkeys(
        [*tags, *sorted(filter(weights.get, said), key=lambda w: (-weights[w], w))]
    )
    return [each for each in found if len(each) > 2][:_MOST_WORDS]


def _tags(post: Mapping[str, object]) -> Iterable[str]:
    tags = post.get("tags")
    return [str(tag).casefold() for tag in tags] if isinstance(tags, list) else []


def _place(post: Post) -> str:
    subreddit = post.get("subreddit")
    return f"r/{subreddit}" if subreddit else str(post.get("source") or "this place")
