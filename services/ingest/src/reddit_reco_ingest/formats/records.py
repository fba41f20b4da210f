"""From records to items: what all JSON formats do alike."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from ..domain import Item, Positioned, Refused, Rejected, excerpt
from ..reading import TooLong, parse

Convert = Callable[[dict[str, Any]], Item]


def items(records: Iterable[Any], start: int, convert: Convert) -> Iterator[Positioned]:
    """An item for every record behind `start`.

    Args:
        records: a line's bytes, `TooLong`, or a parsed value; blank lines are no records.
        start: position of the last record that is done with.
        convert: makes an item of a JSON object; raises `Refused` if that is no post.
    """
    for number, record in enumerate(records, 1):
        if number <= start:
            continue
        try:
            if type(record) is bytes:
                if not record or record.isspace():
                    continue
                value = parse(record)
            else:
                value = record
            if type(value) is not dict:
                raise _not_an_object(value)
            yield number, convert(value)
        except Refused as error:
            yield number, rejected(error, record)


def rejected(error: Refused, record: Any) -> Rejected:
    """A refused record, with its beginning."""
    return Rejected(str(error), error.field, _excerpt(record))


def _not_an_object(value: Any) -> Refused:
    if isinstance(value, TooLong):
        return Refused("longer than a record may be (8 MiB)")
    if isinstance(value, Refused):
        return value
    return Refused("not a JSON object")


def _excerpt(record: Any) -> str:
    if isinstance(record, TooLong):
        record = record.beginning
    if isinstance(record, bytes):
        return excerpt(record)
    try:
        return excerpt(orjson.dumps(record))
    except TypeError:
        return excerpt(repr(record).encode("utf-8", "replace"))
