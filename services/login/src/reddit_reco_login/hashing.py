"""Passwords are hashed by argon2id (RFC 9106), a few at a time."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import BoundedSemaphore, Lock

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from .domain import normalized


class Busy(Exception):
    """Too many passwords wait to be hashed."""


class Passwords:
    """Hashes and checks passwords.

    Args:
        memory_kib: memory of one hash; a pod needs `at_once` times as much, whoever knocks.
        passes: passes over the memory.
        at_once: hashes at once; the others wait.
        wait: seconds to wait for a turn.
    """

    def __init__(self, memory_kib: int, passes: int, at_once: int, wait: float) -> None:
        self._hasher = PasswordHasher(
            time_cost=passes, memory_cost=memory_kib, parallelism=1, type=Type.ID
        )
        self._turns = BoundedSemaphore(at_once)
        self._wait = wait
        self._lock = Lock()
        self.running = self.most_running = 0

    def hash(self, password: str) -> str:
        """The hash to keep.

        Raises:
            Busy: no turn came in time.
        """
        with self._turn():
            return self._hasher.hash(normalized(password))

    def fits(self, password: str, kept: str | None) -> bool:
        """Whether `password` is the one; without a kept hash (no such user) it takes as long.

        Raises:
            Busy: no turn came in time.
        """
        against = kept or self._nobodys
        with self._turn():
            try:
                self._hasher.verify(against, normalized(password))
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    def warm(self) -> None:
        """Make what the first unknown user would otherwise wait for, and so be told apart by."""
        _ = self._nobodys

    @cached_property
    def _nobodys(self) -> str:
        return self.hash(secrets.token_hex(16))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._wait):
            raise Busy
        try:
            self._count(1)
            yield
        finally:
            self._count(-1)
            self._turns.release()

    def _count(self, change: int) -> None:
        with self._lock:
            self.running += change
            self.most_running = max(self.most_running, self.running)
