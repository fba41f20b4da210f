"""What the tail writes, cut into pieces that one transaction takes well."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bson.raw_bson import RawBSONDocument

from .ids import key_of
from .source import Changes, Source, Token
from .target import batches


@dataclass(frozen=True)
class Piece:
    """Documents to write and ids to remove; `token` is the position after it, if it has one."""

    documents: list[RawBSONDocument]
    gone: list[Any] = field(default_factory=list)
    token: Token | None = None


def pieces(source: Source, following: Callable[[], Changes]) -> Iterator[Piece]:
    """Pieces without end: what is gone, and the position, come with the last one of each batch.

    Args:
        source: where the changed documents are read, as they are now.
        following: gives what has changed next.
    """
    while True:
        changes = following()
        gone = {key_of(it): it for it in changes.ids}
        last: list[RawBSONDocument] = []
        for batch in batches(source.read(changes.ids) if changes.ids else ()):
            if last:
                yield Piece(last)
            last = batch
            for document in batch:
                gone.pop(key_of(document["_id"]), None)
        yield Piece(last, list(gone.values()), changes.token)
