"""Writes what was fetched through the posts service."""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from ..domain import Batch, Counts, Item, Outcome, Positioned, Refused, batches, counts_of
from ..formats.records import rejected

log = logging.getLogger(__name__)


class Receiver(Protocol):
    """Takes batches."""

    def send(self, batch: Batch) -> Outcome:
        """Write a batch."""


class Writer:
    """Makes items of records, sends them, and counts what became of them."""

    def __init__(self, receiver: Receiver, convert: Callable[[dict[str, Any]], Item]) -> None:
        self.counts = Counts()
        self._receiver = receiver
        self._convert = convert

    def write(self, records: Iterable[Any]) -> None:
        """Write records; when this returns, they are kept."""
        for batch in batches(self._items(records)):
            self.counts.add(counts_of(batch, self._receiver.send(batch)))

    def _items(self, records: Iterable[Any]) -> Iterator[Positioned]:
        for number, record in enumerate(records, 1):
            try:
                if not isinstance(record, dict):
                    raise Refused("not a JSON object")
                yield number, self._convert(record)
            except Refused as error:
                log.info("not taken: %s", error)
                yield number, rejected(error, record)
