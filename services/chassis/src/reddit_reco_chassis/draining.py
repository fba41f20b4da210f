"""Reading what nobody wants, so that its sender comes to read the answer."""

import math
import time
from contextlib import suppress
from typing import IO

from werkzeug.exceptions import ClientDisconnected

_PIECE = 65_536
_SECONDS = 60.0


def drain(body: IO[bytes], limit: float = math.inf, seconds: float = _SECONDS) -> bool:
    """Read what a refused request still sends; whether the body ended.

    Otherwise the server closes the connection under the upload, and the sender sees that alone.

    Args:
        body: where it comes from; not `request.stream`, which gives nothing of a too large body.
        limit: bytes to read at most.
        seconds: how long it may take.
    """
    read, end = 0, time.monotonic() + seconds
    with suppress(ClientDisconnected, OSError):
        while read < limit and time.monotonic() < end:
            if not (data := body.read(int(min(_PIECE, limit - read)))):
                return True
            read += len(data)
    return False
