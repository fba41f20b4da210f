"""A port of a pod or Service of the cluster, on loopback."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def forwarded(command: list[str]) -> Iterator[int]:
    """Run a `kubectl port-forward ... :PORT` until the block ends; gives the local port.

    Raises:
        AssertionError: kubectl does not forward; with its words.
    """
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )
    with process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            port = re.search(r"127\.0\.0\.1:(\d+) ->", line)
            assert port, f"{' '.join(command)}: {line}"
            yield int(port.group(1))
        finally:
            process.terminate()
