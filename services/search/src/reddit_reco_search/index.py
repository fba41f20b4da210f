"""The full-text index of one pod: its schema, its folder, its one writer.

Fast fields hold sort keys, unique but for a collision of hashes: the value shifted up, the hash of
the id below. So a page can be cut exactly at a key, and every pod gives the same order.
"""

import shutil
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import orjson
import tantivy
from tantivy import Filter, Tokenizer

from reddit_reco_chassis import timestamp

from .domain import Post, folded, plain, shown
from .highlight import Token

STORED_TEXT = 2_000
LONGEST_TERM = 40
KEY_BITS = 20
_SCORE_BITS = 32
_HIGHEST_SCORE = 2**31 - 1
_LATEST = 2**42


def _analyzer(*more: Filter) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(Tokenizer.simple())
    for step in (Filter.remove_long(LONGEST_TERM), Filter.lowercase(), Filter.ascii_fold(), *more):
        builder = builder.filter(step)
    return builder.build()


_STEMS = _analyzer(Filter.stemmer("english"))
_WORDS = _analyzer()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("title", "text"):
        builder.add_text_field(name, tokenizer_name="stems", index_option="position")
    builder.add_text_field("word", tokenizer_name="words", index_option="basic")
    for name in ("id", "source", "subreddit", "author", "tag"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("source_facet", "subreddit_facet"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_boolean_field("over_18", indexed=True)
    for name in ("newest", "top"):
        # Signed, though the values of one are not: given a plain int, an unsigned fast field of
        # tantivy 0.27 brings its writer down.
        builder.add_integer_field(name, indexed=False, fast=True)
    builder.add_bytes_field("shown", stored=True)
    return builder.build()


SCHEMA = _schema()


def stems(text: str) -> list[str]:
    """The terms of a text in the fields `title` and `text`."""
    return _STEMS.analyze(text)


def words(text: str) -> list[str]:
    """The terms of a text in the field `word`: not stemmed."""
    return _WORDS.analyze(text)


def tokens(text: str) -> Iterator[Token]:
    """Where each word of a text is, and the term that it becomes."""
    for token in _STEMS.pre_tokenize(text).tokens:
        yield token.char_offset_from, token.char_offset_to, token.text


def newest_key(moment: datetime, post_id: str = "") -> int:
    """The sort key for `sort=new`; without an id, the least key of that moment."""
    millis = min(_LATEST - 1, max(-_LATEST, int(moment.timestamp() * 1000)))
    return (millis << KEY_BITS) + (_hash(post_id) >> (32 - KEY_BITS) if post_id else 0)


def top_key(score: int, post_id: str) -> int:
    """The sort key for `sort=top`."""
    score = min(_HIGHEST_SCORE, max(-_HIGHEST_SCORE, score))
    return (score << _SCORE_BITS) + _hash(post_id)


def _hash(post_id: str) -> int:
    return zlib.crc32(post_id.encode())


class PostIndex:
    """An index in a folder that nobody else writes to.

    One thread writes; any number search, each in a snapshot that no commit changes.
    """

    def __init__(self, folder: Path, heap_mb: int) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self._index = tantivy.Index(SCHEMA, path=str(folder), reuse=False)
        self._index.register_tokenizer("stems", _STEMS)
        self._index.register_tokenizer("words", _WORDS)
        self._index.config_reader(reload_policy="manual")
        self._writer = self._index.writer(heap_size=heap_mb * 1024 * 1024, num_threads=1)
        self._empty = True

    def put(self, post: Post) -> None:
        """Add a post, or replace the one of the same id."""
        if not self._empty:
            self.remove(post["_id"])
        self._writer.add_document(_document(post))

    def remove(self, post_id: str) -> None:
        """Take a post out, if it is there."""
        self._writer.delete_documents_by_term("id", post_id)

    def commit(self) -> None:
        """Let new searches see everything that was put in and removed until now."""
        self._writer.commit()
        self._index.reload()
        self._empty = False

    def close(self) -> None:
        """Give the folder up. Searches under way end well, since they hold the files open."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def searcher(self) -> tantivy.Searcher:
        """The index as of the last commit."""
        return self._index.searcher()


def _document(post: Post) -> tantivy.Document:
    text = plain(post.get("text") or "")
    document = tantivy.Document()
    document.add_text("id", post["_id"])
    document.add_text("title", post["title"])
    document.add_text("word", post["title"])
    if text:
        document.add_text("text", text)
    _add_names(document, post)
    document.add_boolean("over_18", bool(post.get("over_18")))
    document.add_integer("newest", newest_key(post["created_at"], post["_id"]))
    document.add_integer("top", top_key(int(post.get("score") or 0), post["_id"]))
    kept = {**shown(post), "text": (post.get("text") or "")[:STORED_TEXT]}
    document.add_bytes(
        "shown", orjson.dumps(kept, option=orjson.OPT_PASSTHROUGH_DATETIME, default=_rfc3339)
    )
    return document


def _add_names(document: tantivy.Document, post: Post) -> None:
    for name in ("source", "subreddit", "author"):
        if post.get(name):
            document.add_text(name, folded(post[name]))
    # Never without one: posts are counted by it.
    document.add_text("source_facet", post.get("source") or post["_id"].partition(":")[0])
    if post.get("subreddit"):
        document.add_text("subreddit_facet", post["subreddit"])
    for tag in post.get("tags") or ():
        document.add_text("tag", folded(tag))


def _rfc3339(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"not JSON: {type(value)}")
    return timestamp(value)
