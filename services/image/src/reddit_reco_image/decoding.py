"""Hand a picture to a process that may fail at it, and take what comes out."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import IO, cast

from .domain import WIDTHS, Refused, Width

_LENGTH_BYTES = 4
_MOST_OUTPUT = 12 * 1024 * 1024
_REFUSED = 3
_SECONDS = 10
_DETAILS = {
    "format": "The bytes are no JPEG, PNG, WebP or GIF.",
    "broken": "The picture is broken.",
    "pixels": "The picture is too large once it is decoded.",
}


class Decoder:
    """Makes pictures small, each in a process of its own with little memory and time.

    Args:
        most_pixels: of a picture, decoded.
        memory: address space of a process, in bytes.
        at_once: how many processes there are at most; others wait.
    """

    def __init__(self, *, most_pixels: int, memory: int, at_once: int) -> None:
        self._arguments = [str(most_pixels), str(memory), str(_SECONDS)]
        self._turns = threading.BoundedSemaphore(at_once)

    def shrink(self, raw: bytes) -> Mapping[Width, bytes]:
        """The picture in each width.

        Raises:
            Refused: it is no picture, broken, or costs too much.
        """
        with self._turns:
            code, output = self._run(raw)
        if code == _REFUSED:
            reason = output.decode("ascii", "replace")
            raise Refused(reason, _DETAILS.get(reason, _DETAILS["broken"]))
        found = list(_parts(output)) if code == 0 else []
        if len(found) != len(WIDTHS):
            raise Refused("costly", "The picture takes too long, or too much memory, to decode.")
        return dict(zip(WIDTHS, found, strict=True))

    def _run(self, raw: bytes) -> tuple[int, bytes]:
        command = [sys.executable, "-m", "reddit_reco_image.shrinking", *self._arguments]
        # Nothing of this process's environment: the database's password is in it.
        env = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        with subprocess.Popen(  # noqa: S603
            command,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            timer = threading.Timer(2 * _SECONDS, process.kill)
            timer.start()
            try:
                return _spoken(process, raw)
            finally:
                timer.cancel()
                process.kill()


def _spoken(process: "subprocess.Popen[bytes]", raw: bytes) -> tuple[int, bytes]:
    """It reads everything before it writes anything, so neither waits for the other for ever."""
    into, out = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    try:
        into.write(raw)
        into.close()
    except BrokenPipeError:
        return process.wait(), b""
    output = out.read(_MOST_OUTPUT)
    if len(output) == _MOST_OUTPUT:
        return -1, b""
    return process.wait(), output


def _parts(output: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(output):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(output[at:start], "big")
        yield output[start:at]
