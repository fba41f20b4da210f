"""One address for all services, as the Ingress gives it on a cluster."""

import threading

from werkzeug.middleware.http_proxy import ProxyMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from .stack import VERBS, Stack

_AS_IT_IS: dict[str, object] = {"remove_prefix": False, "headers": {}, "ssl_context": None}


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """The services have metrics; a line a request would hide what matters."""


def start(stack: Stack, port: int) -> BaseWSGIServer:
    """Serve the stack on `port` of loopback, from a thread.

    Raises:
        OSError: the port is taken.
    """
    nothing = Response("No service answers here.\n", status=404)
    app = ProxyMiddleware(nothing, {}, timeout=300)
    # Set directly, since the constructor appends a slash: "/api/v1/posts" itself would not match.
    app.targets = {
        prefix: {"target": stack.url(verb.name), "host": None, **_AS_IT_IS}
        for verb in VERBS
        for prefix in verb.prefixes
    }
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True, name="front").start()
    return server
