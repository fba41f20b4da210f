"""What a post says, as numbered terms: words of title and text, tags, the subreddit.

Terms are hashed into a fixed number of buckets, so that no vocabulary has to be kept, and every
pod numbers them alike. Each kind has buckets of its own.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Post = Mapping[str, Any]

WORD_BUCKETS = 1 << 18
TAG_BUCKETS = 1 << 16
PLACE_BUCKETS = 1 << 16
BUCKETS = WORD_BUCKETS + TAG_BUCKETS + PLACE_BUCKETS
# Where each kind of term begins: words, tags, subreddits.
KINDS = (0, WORD_BUCKETS, WORD_BUCKETS + TAG_BUCKETS)

# A title says what a post is about more often than a word of its text does.
_TITLE_COUNTS = 2
_MOST_TEXT = 4_000
_MOST_WORDS = 64
_HIGHEST = 255
_WORD = re.compile(r"[^\W_][\w'’+#.-]*[\w+#]|\w")
_LINK = re.compile(r"https?://\S+")
_EMPTY = frozenset(
    re.findall(
        r"\S+",
        "a about after all also am an and any are as at be because been but by can could did do "
        "does for from had has have he her here him his how i i'm if in into is it it's its just "
        "like me more my no not now of on one only or other our out over she so some such than "
        "that the their them then there these they this those to too up us was we were what when "
        "where "
        "which while who why will with would you your ",
    )
)


def terms(post: Post, tags: Iterable[str] = ()) -> dict[int, int]:
    """How often a post has each of its terms.

    Args:
        post: as sync writes it.
        tags: what people tagged it with, on top of the source's own tags.
    """
    found = _words(post)
    for tag in {_folded(each) for each in (*(post.get("tags") or ()), *tags)}:
        found[tag_term(tag)] = 1
    if subreddit := post.get("subreddit"):
        found[KINDS[2] + zlib.crc32(_folded(subreddit).encode()) % PLACE_BUCKETS] = 1
    return found


def words(text: str) -> list[str]:
    """The words of a text that say something, folded."""
    found = _WORD.findall(_LINK.sub(" ", text).casefold())
    return [word for word in found if word not in _EMPTY]


def bucket(word: str) -> int:
    """The number of a word."""
    return zlib.crc32(word.encode()) % WORD_BUCKETS


def tag_term(tag: str) -> int:
    """The number of a tag, folded."""
    return KINDS[1] + zlib.crc32(tag.encode()) % TAG_BUCKETS


def _words(post: Post) -> dict[int, int]:
    counts = Counter(words(str(post.get("title") or "")) * _TITLE_COUNTS)
    counts.update(words(str(post.get("text") or "")[:_MOST_TEXT]))
    most = counts.most_common(_MOST_WORDS) if len(counts) > _MOST_WORDS else counts.items()
    return {bucket(word): min(_HIGHEST, count) for word, count in most}


def _folded(name: str) -> str:
    return str(name).strip().casefold()
