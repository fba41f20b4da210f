"""One address for all services, as the Ingress gives it on a cluster."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.middleware.http_proxy import ProxyMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from .stack import VERBS, Stack

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_AS_IT_IS: dict[str, object] = {"remove_prefix": False, "headers": {}, "ssl_context": None}


class _Entrance(ProxyMiddleware):
    """Goes by whole segments, as the Ingress does: `/s` is not the way to `/search`."""

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        fitting = [each for each in self.targets if f"{path}/".startswith(f"{each.rstrip('/')}/")]
        prefix = max(fitting, key=len, default="/")
        app = self.proxy_to(self.targets[prefix], path, prefix)
        return app(environ, start_response)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """The services have metrics; a line a request would hide what matters."""


def start(stack: Stack, port: int) -> BaseWSGIServer:
    """Serve the stack on `port` of loopback, from a thread.

    Raises:
        OSError: the port is taken.
    """
    nothing = Response("No service answers here.\n", status=404)
    app = _Entrance(nothing, {}, timeout=300)
    # Set directly, since the constructor appends a slash to what it is given.
    app.targets = {
        prefix: {"target": stack.url(verb.name), "host": None, **_AS_IT_IS}
        for verb in VERBS
        if verb.name in stack.environments
        for prefix in verb.prefixes
    }
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True, name="front").start()
    return server
