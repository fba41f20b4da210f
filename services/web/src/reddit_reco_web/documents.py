"""The services' OpenAPI documents, kept for some minutes: they change only with a release."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .backends import Answer, Call
from .openapi import Reference, reference

Ask = Callable[..., list[Answer]]
PATH = "/openapi.json"


@dataclass(frozen=True)
class Kept:
    """A document as it came, what the page shows of it, and until when it is taken for new."""

    document: Any
    reference: Reference
    until: float


class Documents:
    """Asks for documents, and keeps them. Thread-safe: at worst two threads ask for the same.

    Args:
        seconds: how long a document is taken for new.
        now: the clock.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._kept: dict[str, Kept] = {}

    def of(self, verbs: Iterable[str], ask: Ask) -> tuple[dict[str, Kept], dict[str, Answer]]:
        """Each verb's document, and the answers of those that gave none.

        A document of before is better than none: while its service does not answer, it stays.
        """
        verbs = tuple(verbs)
        now = self._now()
        old = [verb for verb in verbs if verb not in self._kept or self._kept[verb].until <= now]
        missing = {}
        for answer in ask(*(Call(verb, PATH) for verb in old)):
            read = reference(answer.body) if answer.ok else None
            if read is not None:
                self._kept[answer.verb] = Kept(answer.body, read, now + self._seconds)
            elif answer.verb not in self._kept:
                missing[answer.verb] = Answer(answer.verb)
        return {verb: self._kept[verb] for verb in verbs if verb in self._kept}, missing
