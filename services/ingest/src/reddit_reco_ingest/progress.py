"""Shows how far the command is: a bar on a terminal, plain lines elsewhere."""

import shutil
import sys
import time
from typing import NoReturn

from tqdm import tqdm

from .domain import Counts

_SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Progress on standard error.

    Args:
        size: bytes of the file, None if nobody knows.
    """

    def __init__(self, size: int | None) -> None:
        self._size = size
        self._shown = time.monotonic()
        self._bar = None
        if sys.stderr.isatty():
            self._bar = _bar(size)

    def show(self, offset: int, counts: Counts) -> None:
        """`offset` bytes of the file are done."""
        if self._bar is not None:
            self._bar.set_postfix_str(f"{counts.read} records", refresh=False)
            self._bar.update(offset - self._bar.n)
        elif time.monotonic() - self._shown >= _SECONDS_BETWEEN_LINES:
            self._shown = time.monotonic()
            share = f", {100 * offset / self._size:.0f}%" if self._size else ""
            sys.stderr.write(f"{counts.read} records{share}\n")

    def close(self) -> None:
        """The end; the bar stays where it is."""
        if self._bar is not None:
            self._bar.close()


def _bar(size: int | None) -> "tqdm[NoReturn]":
    # tqdm shows nothing on a terminal without a size, as `kubectl exec` may give.
    columns, lines = shutil.get_terminal_size()
    return tqdm(total=size, unit="B", unit_scale=True, ncols=columns, nrows=lines, file=sys.stderr)
