"""Run an app under gunicorn: one process a pod, so its memory and metrics are one thing."""

import sys
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from . import logs, metrics
from .settings import Settings, SettingsError
from .worker import Worker

S = TypeVar("S", bound=Settings)


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, options: dict[str, Any], load: Callable[[], Flask]) -> None:
        self._options = options
        self._load = load
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._load()


def serve(name: str, settings: type[S], make_app: Callable[[S], Flask]) -> NoReturn:
    """Read the settings and serve until SIGTERM; wrong settings end the process with one line."""
    try:
        given = settings.from_env()
    except SettingsError as error:
        sys.exit(f"{name}: {error}")
    logs.configure(name, given.log_level)

    def load() -> Flask:
        # In the worker: clients and threads do not survive gunicorn's fork.
        try:
            app = make_app(given)
        except SettingsError as error:
            sys.stderr.write(f"{name}: {error}\n")
            # With any other code gunicorn would start worker after worker.
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
        metrics.serve(given.host, given.metrics_port)
        return app

    _Server(_options(given), load).run()
    sys.exit(0)


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "bind": f"{settings.host}:{settings.port}",
        "worker_class": Worker,
        "workers": 1,
        "threads": settings.threads,
        "keepalive": 75,
        "graceful_timeout": 25,
        "timeout": 120,
        # The heartbeat file must not sit on a disk that can stall.
        "worker_tmp_dir": "/dev/shm",  # noqa: S108
        "control_socket_disable": True,
        "limit_request_line": 8190,
        "errorlog": "-",
        "loglevel": "warning",
        "logger_class": "gunicorn.glogging.Logger",
    }
