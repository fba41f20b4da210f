"""Pages go out compressed, to browsers that say they can read that."""

import gzip

from flask import Flask, Response, request

_WORTH_IT = 1_024
# The higher, the smaller and the slower; above this the pages hardly shrink.
_LEVEL = 5


def register(app: Flask) -> None:
    """Compress the HTML of `app`. Static files come compressed already."""

    @app.after_request
    def compress(response: Response) -> Response:
        html = response.mimetype == "text/html" and "Content-Encoding" not in response.headers
        if not html or response.direct_passthrough or not request.accept_encodings["gzip"]:
            return response
        body = response.get_data()
        if len(body) >= _WORTH_IT:
            response.set_data(gzip.compress(body, _LEVEL, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
            response.vary.add("Accept-Encoding")
        return response
