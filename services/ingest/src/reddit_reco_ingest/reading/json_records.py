"""JSON in files: one value a line, an array of values, or documents over many lines."""

import codecs
import json
from collections.abc import Iterator
from typing import Any

import orjson

from ..domain import Refused, Unreadable
from .chunks import Chunks
from .lines import LONGEST_RECORD, pieces

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


def json_records(chunks: Chunks) -> Iterator[Any]:
    """The values in a file: lines (bytes, or `TooLong`) if there is one a line, else parsed ones.

    Raises:
        Unreadable: an array or a document over many lines is broken.
    """
    head = chunks.head.lstrip()
    if head[:1] == b"[" or _goes_on(head):
        return _documents(chunks)
    return pieces(chunks)


def parse(raw: bytes) -> Any:
    """The value that a line holds.

    Raises:
        Refused: it is not JSON, or not UTF-8.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _parse_leniently(raw)


def _parse_leniently(raw: bytes) -> Any:
    """Python's own parser takes NaN, so that the field that has it can be named."""
    try:
        return json.loads(raw.decode())
    except UnicodeDecodeError:
        raise Refused("not valid UTF-8") from None
    except RecursionError:
        raise Refused("not JSON that can be read: nested too deeply") from None
    except ValueError as error:
        raise Refused(f"not valid JSON: {error}") from None


def _goes_on(head: bytes) -> bool:
    """Whether a document starts in the first line and does not end there."""
    return head[:1] == b"{" and head.partition(b"\n")[0].rstrip()[-1:] in (b"{", b"[", b",")


def _documents(chunks: Chunks) -> Iterator[Any]:
    """The elements of arrays, and the values beside them."""
    text = _Text(chunks)
    depth = 0
    while character := text.next():
        if character == "[" and depth == 0:
            depth = 1
            text.skip()
        elif character in "]," and depth:
            depth -= character == "]"
            text.skip()
        else:
            yield text.value()
    if depth:
        raise Unreadable("the file is cut short: its array does not end")


class _Text:
    """A sliding window on the text of a file."""

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks
        # Invalid bytes become lone surrogates, so that only the record that has them is refused.
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._buffer = ""
        self._at = 0

    def next(self) -> str:
        """The next character that is not white space; nothing at the end."""
        while True:
            while self._at < len(self._buffer):
                if (character := self._buffer[self._at]) not in _SPACE:
                    return character
                self._at += 1
            if not self._more():
                return ""

    def skip(self) -> None:
        """Go on behind the next character."""
        self._at += 1

    def value(self) -> Any:
        """The value that starts at the next character.

        Raises:
            Unreadable: there is none, or it is longer than a record may be.
        """
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError) as error:
                # Twice as much each time: a long value is not parsed from its start too often.
                if not self._more(2 * (len(self._buffer) - self._at)):
                    raise Unreadable(f"the JSON is broken or cut short: {error}") from None
                continue
            # A number may go on in the next chunk; posts are objects, so that does not matter.
            self._at = end
            return value

    def _more(self, wanted: int = 1) -> bool:
        """Read on until there are `wanted` characters; false at the end of the file."""
        if len(self._buffer) - self._at > LONGEST_RECORD:
            raise Unreadable(f"a JSON value is broken, or longer than {LONGEST_RECORD} bytes")
        parts = [self._buffer[self._at :]]
        size = before = len(parts[0])
        while size < max(wanted, before + 1) and (chunk := self._chunks.read()):
            parts.append(self._decoder.decode(chunk))
            size += len(parts[-1])
        self._buffer, self._at = "".join(parts), 0
        return size > before
