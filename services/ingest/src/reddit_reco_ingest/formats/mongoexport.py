"""`mongoexport`: posts as MongoDB's tool writes them: extended JSON, one a line or in an array.

What a post went through before may show: booleans as words, epochs as floats or strings, ids that
were made numbers.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from ..domain import Item, Positioned
from ..reading import Chunks, json_records
from .options import Options
from .records import items
from .reddit import post_of


def read(chunks: Chunks, options: Options, start: int) -> Iterator[Positioned]:
    """An item a line."""
    # The file's name is that of a database or a collection, not of a subreddit.
    return items(
        json_records(chunks), start, partial(_item, options=Options(subreddit=options.subreddit))
    )


def _item(record: dict[str, Any], options: Options) -> Item:
    return post_of(record, options, escaped=True)
