"""Tells glibc's malloc to share two arenas among all threads.

Left alone each thread keeps one of its own, and in each stays what the largest requests left free.
"""

import ctypes

_M_ARENA_MAX = -8
_ARENAS = 2


def share_arenas() -> None:
    """Set it for this process; elsewhere than on glibc nothing happens."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)
