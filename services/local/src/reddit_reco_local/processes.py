"""Start processes, keep their logs, stop them in reverse order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx2


class ProcessDied(Exception):
    """A process ended that should run; the message says where its log is."""


class Processes:
    """The children of this process, by name; as a context manager, they end with the block."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self, name: str, module: str, *args: str, env: Mapping[str, str]) -> None:
        """Run `python -m module args` in the background, logging to `<logs>/<name>.log`."""
        with self._log(name).open("ab") as log:
            self._children[name] = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", module, *args],
                env={**os.environ, **env},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                # Ctrl-C goes to us alone: we stop them in order.
                start_new_session=True,
            )

    def pid(self, name: str) -> int:
        """The process id of `name`."""
        return self._children[name].pid

    def ended(self, name: str) -> bool:
        """Whether `name` has ended by itself."""
        return self._children[name].poll() is not None

    def kill(self, name: str) -> None:
        """End `name` and what it started, at once, as a lost machine would; start it anew later."""
        child = self._children.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def wait_ready(self, name: str, url: str, seconds: float = 60) -> None:
        """Wait until `url` answers 200.

        Raises:
            ProcessDied: the process ended, or `seconds` went by.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.ended(name):
            try:
                if httpx2.get(url, timeout=2).status_code == httpx2.codes.OK:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(0.1)
        raise ProcessDied(f"{name} did not become ready; see {self._log(name)}")

    def check(self) -> None:
        """Raise ProcessDied if any child has ended."""
        for name in self._children:
            if self.ended(name):
                raise ProcessDied(f"{name} ended; see {self._log(name)}")

    def stop(self) -> None:
        """End all children, the last started first."""
        for child in reversed(self._children.values()):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in reversed(self._children.values()):
            try:
                child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                child.kill()
        self._children.clear()

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"
