"""One address for all services, as the Ingress gives it on a cluster."""

import threading

from werkzeug.middleware.http_proxy import ProxyMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from .stack import VERBS, Stack


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """The services have metrics; a line a request would hide what matters."""


def start(stack: Stack, port: int) -> BaseWSGIServer:
    """Serve the stack on `port` of loopback, from a thread.

    Raises:
        OSError: the port is taken.
    """
    targets = {
        prefix: {"target": stack.url(verb.name), "host": None}
        for verb in VERBS
        for prefix in verb.prefixes
    }
    # "/" would be looked up as "//": the middleware appends a slash to every prefix.
    targets[""] = targets.pop("/")
    nothing = Response("No service answers here.\n", status=404)
    app = ProxyMiddleware(nothing, targets, timeout=300)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True, name="front").start()
    return server
