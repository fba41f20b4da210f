"""On the path of a service under test: names below `.test` are looked up at the test itself."""

import json
import os
import socket
from typing import Any

_look_up = socket.getaddrinfo


def _getaddrinfo(host: Any, *args: Any, **options: Any) -> list[Any]:
    if not str(host).endswith(".test."):
        return _look_up(host, *args, **options)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(5)
        asking.sendto(str(host).encode(), ("127.0.0.1", int(os.environ["NAME_SERVER"])))
        found = json.loads(asking.recv(4096))
    families = {True: socket.AF_INET6, False: socket.AF_INET}
    return [(families[":" in one], socket.SOCK_STREAM, 6, "", (one, 0)) for one in found]


socket.getaddrinfo = _getaddrinfo  # type: ignore[assignment]
