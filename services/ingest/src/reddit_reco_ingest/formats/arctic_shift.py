"""`arctic-shift`: submissions as Pushshift and Arctic Shift publish them, one JSON object a line.

A record with `_meta.was_deleted_later` keeps what its author took back after it was archived. Its
content is not taken; the post is deleted here, too, if an earlier dump brought it.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from ..domain import Gone, Item, Positioned
from ..reading import Chunks, json_records
from .options import Options
from .records import items
from .reddit import post_of, reddit_id


def read(chunks: Chunks, options: Options, start: int) -> Iterator[Positioned]:
    """An item a line."""
    return items(
        json_records(chunks), start, partial(_item, options=Options(subreddit=options.subreddit))
    )


def _item(record: dict[str, Any], options: Options) -> Item:
    meta = record.get("_meta")
    if type(meta) is dict and meta.get("was_deleted_later"):
        return Gone("reddit:" + reddit_id(record))
    return post_of(record, options, escaped=True)
