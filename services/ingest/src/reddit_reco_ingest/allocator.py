"""Tells glibc's malloc to give freed memory back.

Left alone it raises its thresholds with the largest block that was ever freed, and two imports hold
on to 60 MiB that they no longer use.
"""

import ctypes

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_TRIM_BYTES = 1024 * 1024
_MMAP_BYTES = 128 * 1024


def give_back_freed_memory() -> None:
    """Set it for this process; elsewhere than on glibc nothing happens."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)
