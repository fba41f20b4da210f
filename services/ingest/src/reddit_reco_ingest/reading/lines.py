"""Splits a stream at a separator; a piece that is too long is passed over without being held."""

from collections.abc import Iterator
from dataclasses import dataclass

from .chunks import Chunks

LONGEST_RECORD = 8 * 1024 * 1024
_KEPT = 200


@dataclass(frozen=True, slots=True)
class TooLong:
    """What is left of a piece that is longer than the limit: its beginning."""

    beginning: bytes


def pieces(
    chunks: Chunks, separator: bytes = b"\n", limit: int = LONGEST_RECORD
) -> Iterator[bytes | TooLong]:
    """The pieces between separators, a last one without a separator included if it is not empty."""
    tail = b""
    dropped: TooLong | None = None
    while chunk := chunks.read():
        parts = chunk.split(separator)
        if dropped is None:
            parts[0] = tail + parts[0]
        elif len(parts) == 1:
            continue
        else:
            yield dropped
            dropped, parts = None, parts[1:]
        tail = parts.pop()
        yield from parts
        if len(tail) > limit:
            dropped, tail = TooLong(tail[:_KEPT]), b""
    if dropped is not None:
        yield dropped
    elif tail:
        yield tail
