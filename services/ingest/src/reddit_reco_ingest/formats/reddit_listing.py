"""`reddit-listing`: what Reddit's API answers, with raw_json=1.

One document or many, one a line or in an array; each a Listing, or a thing (`t3`) of its own.
Comments (`t1`) and `more` are passed over.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from ..domain import SKIPPED, Item, Positioned, Refused
from ..reading import Chunks, json_records, parse
from .options import Options
from .records import items
from .reddit import post_of


def read(chunks: Chunks, options: Options, start: int) -> Iterator[Positioned]:
    """An item for every child of every listing; the position counts them."""
    return items(_things(json_records(chunks)), start, partial(_item, options=options))


def _things(documents: Iterable[Any]) -> Iterator[Any]:
    """The things in all documents; what is none, as it is."""
    for document in documents:
        if isinstance(document, bytes):
            if document.isspace() or not document:
                continue
            try:
                value = parse(document)
            except Refused:
                yield document
                continue
        else:
            value = document
        yield from _children(value)


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for element in value:
            yield from _children(element)
    elif isinstance(value, dict) and value.get("kind") == "Listing":
        data = value.get("data")
        children = data.get("children") if isinstance(data, dict) else None
        if not isinstance(children, list):
            yield Refused("a Listing without data.children", "data")
            return
        yield from children
    else:
        yield value


def _item(thing: dict[str, Any], options: Options) -> Item:
    kind, data = thing.get("kind"), thing.get("data")
    if kind in ("t1", "more"):
        return SKIPPED
    if kind != "t3" or not isinstance(data, dict):
        raise Refused("not a Listing, and not a post (t3)", "kind")
    return post_of(data, options, escaped=False)
