"""Takes a file out of a request straight into a sink: no copy in memory or on the pod's disk."""

from collections.abc import Callable
from typing import IO, Any, Protocol

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from reddit_reco_chassis import Problem

from .problems import FILE_TOO_LARGE, NO_FILE, TOO_MANY_FILES, UNEXPECTED_FILE

_PIECE = 256 * 1024


class FileSink(Protocol):
    """Where a file's bytes go."""

    def write(self, data: bytes, /) -> int:
        """Take the next bytes."""


OpenSink = Callable[[str], Any]


class UploadRequest(Request):
    """A request whose multipart file goes into a sink while it is being parsed."""

    open_sink: OpenSink | None = None

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 - Werkzeug's signature
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        if self.open_sink is None:
            raise Problem(UNEXPECTED_FILE, "No file is taken here.", field="file")
        sink: IO[bytes] = self.open_sink(filename or "")
        return sink


def receive(request: UploadRequest, open_sink: OpenSink, limit: int, setting: str) -> None:
    """Read the request's file into the sink that `open_sink` gives for its name.

    The file is the one file of a multipart form, or the whole body.

    Raises:
        Problem: 400 without a file, or with more than one; 413 if it is larger than `limit` bytes.
    """
    request.max_content_length = limit
    try:
        if request.mimetype == "multipart/form-data":
            _receive_form(request, open_sink)
        else:
            _receive_body(request, open_sink(""))
    except RequestEntityTooLarge:
        detail = f"The file is larger than the {limit} bytes that {setting} allows."
        raise Problem(FILE_TOO_LARGE, detail, field="file") from None


def _receive_form(request: UploadRequest, open_sink: OpenSink) -> None:
    opened: list[str] = []

    def open_once(name: str) -> Any:
        if opened:
            raise Problem(TOO_MANY_FILES, "One file an import, please.", field="file")
        opened.append(name)
        return open_sink(name)

    request.open_sink = open_once
    # The parser leaves the file out if the body ends before it does.
    if not request.files:
        raise Problem(NO_FILE, "The form has no (complete) file.", field="file")


def _receive_body(request: UploadRequest, sink: FileSink) -> None:
    while data := request.stream.read(_PIECE):
        sink.write(data)
