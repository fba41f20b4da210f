"""`reddit-top-csv`: the top posts of a subreddit as CSV, or the same as NDJSON.

The CSV file's name is the subreddit; in the NDJSON form every line says its subreddit itself.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from ..domain import Item, Positioned
from ..reading import Chunks, json_records
from .csv_rows import rows
from .options import Options
from .records import items
from .reddit import post_of

_NEEDED = ("id", "title", "created_utc")


def read(chunks: Chunks, options: Options, start: int) -> Iterator[Positioned]:
    """An item a row; the position is the row's number, the header not counted."""
    if chunks.head.lstrip()[:1] in (b"{", b"["):
        bare = Options(subreddit=options.subreddit)
        return items(json_records(chunks), start, partial(_item, options=bare))
    return rows(chunks, start, partial(_item, options=options), needed=_NEEDED)


def _item(record: dict[str, Any], options: Options) -> Item:
    return post_of(record, options, escaped=True)
