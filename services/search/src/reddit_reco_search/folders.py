"""A folder for this process alone; those of processes that are no more are taken away.

An emptyDir outlives the container, so that what a killed one left behind would add up.
"""

import fcntl
import shutil
import tempfile
from pathlib import Path
from typing import IO

_PREFIX = "reddit-reco-search-"
_LOCK = "in-use"


class WorkFolder:
    """A new folder in `parent`, or in the system's temporary one if that is empty."""

    def __init__(self, parent: str = "") -> None:
        home = Path(parent or tempfile.gettempdir())
        home.mkdir(parents=True, exist_ok=True)
        _sweep(home)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=home))
        self._lock = _lock(self.path)
        self._made = 0

    def fresh(self) -> Path:
        """The path of a new folder inside, not made yet."""
        self._made += 1
        return self.path / f"index-{self._made}"

    def delete(self) -> None:
        """Take the folder away."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock:
            self._lock.close()


def _sweep(home: Path) -> None:
    for folder in home.glob(f"{_PREFIX}*"):
        if (folder / _LOCK).exists() and (lock := _lock(folder)):
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()


def _lock(folder: Path) -> IO[str] | None:
    """The lock of a folder; None if a living process holds it. It ends with its holder."""
    lock = (folder / _LOCK).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock
