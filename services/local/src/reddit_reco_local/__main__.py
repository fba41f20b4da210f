"""`make run`: start everything, add the starter posts, print the address, wait for Ctrl-C.

What is switched off by default starts where the environment variable WITH names it: `WITH=image`.
"""

import argparse
import os
import signal
import socket
import sys
import time
from pathlib import Path

from . import front
from .processes import ProcessDied
from .stack import ALL, ON, Stack, running
from .starter import add_starter_posts


def main() -> int:
    """Run until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--home", type=Path, default=default_home())
    args = parser.parse_args()
    wanted = os.environ.get("WITH", "").replace(",", " ").split()
    if unknown := set(wanted) - set(ALL):
        parser.error(f"WITH: there is no {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run(args.home, args.port, (*ON, *wanted))
    except KeyboardInterrupt:
        return 0
    except (ProcessDied, OSError, RuntimeError) as error:
        print(f"make run: {error}", file=sys.stderr)
        return 1


def default_home() -> Path:
    """The folder of local runs."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "reddit-reco" / "local"


def run(home: Path, port: int, verbs: tuple[str, ...] = ON) -> int:
    """Start the stack and watch it; returns when it should end."""
    started = time.monotonic()
    _check_port(port)
    print("Starting MongoDB, the services and sync ...", flush=True)
    with running(home, verbs) as stack:
        server = front.start(stack, port)
        (home / "url").write_text(f"http://localhost:{port}\n")
        count = add_starter_posts(stack)
        _welcome(stack, port, count, time.monotonic() - started)
        try:
            _watch(stack)
        finally:
            print("Stopping ...", flush=True)
            (home / "url").unlink(missing_ok=True)
            server.shutdown()
    return 0


def _check_port(port: int) -> None:
    """Say it before everything is started, not after.

    Raises:
        RuntimeError: somebody listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise RuntimeError(f"port {port}: {error.strerror}; PORT=... takes another") from None


def _welcome(stack: Stack, port: int, count: int, seconds: float) -> None:
    print(f"Ready after {seconds:.0f} s, with {count} starter posts.\n")
    print(f"  search page  http://localhost:{port}")
    print(f"  API          http://localhost:{port}/api/v1/search?q=python")
    print("  your posts   make import FILE=dump.ndjson.zst FORMAT=arctic-shift")
    print(f"  admin        sign in with what {stack.home / 'keys' / 'admin'} says")
    print(f"  logs         {stack.home / 'logs'}\n\nCtrl-C stops it; the posts stay.", flush=True)


def _watch(stack: Stack) -> None:
    while True:
        stack.processes.check()
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
