"""The words of a post: what rules look for, and what suggestions compare."""

import re
from collections.abc import Mapping
from typing import Any

_WORD = re.compile(r"\w+[+#]*")
# Too frequent in titles to say what a post is about.
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a about all an and any anyone are as at be but by can did do does for from get had has "
        "have how i if in into is it its just like me my new no not of on one or our out so some "
        "than that the their them there they this to up was we what when where which who why will "
        "with you your s t m ve re ll d",
    )
)


def words(text: str) -> frozenset[str]:
    """All words, folded; `c++` and `c#` are words."""
    return frozenset(_WORD.findall(text.casefold()))


def is_word(text: str) -> bool:
    """Whether the text is exactly one word."""
    return _WORD.fullmatch(text.casefold()) is not None


def telling(post: Mapping[str, Any]) -> frozenset[str]:
    """What tells posts apart: title words and the source's own tags, and `r/<subreddit>`."""
    own = (word for tag in post.get("tags") or () for word in words(str(tag)))
    found = (words(str(post.get("title") or "")) | frozenset(own)) - _EMPTY
    subreddit = post.get("subreddit")
    return found | {f"r/{str(subreddit).casefold()}"} if subreddit else found
