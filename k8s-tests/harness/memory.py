"""What pods take of memory while something goes on, as the kubelets count it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .release import Release

MIB = 1024 * 1024


@dataclass(frozen=True)
class Memory:
    """Memory of a pod in bytes, all its containers together.

    Attributes:
        counted: the working set, which metrics-server shows: `own`, and files that were read or
            written lately. The kernel gives up the files' part before a limit is hit.
        own: what the processes have taken; at the limit there is nothing to give up.
    """

    counted: int
    own: int

    def or_more(self, other: "Memory") -> "Memory":
        """The larger of each."""
        return Memory(max(self.counted, other.counted), max(self.own, other.own))

    def __str__(self) -> str:
        return f"{self.own // MIB} ({self.counted // MIB} with files)"


def memory(release: Release) -> dict[str, Memory]:
    """Memory of every pod of the release."""
    found = {}
    for node in release.core.list_node().items:
        path = f"/api/v1/nodes/{node.metadata.name}/proxy/stats/summary"
        for pod in json.loads(release.kubectl("get", "--raw", path))["pods"]:
            if pod["podRef"]["namespace"] == release.namespace:
                used = [each.get("memory", {}) for each in pod.get("containers", [])]
                found[pod["podRef"]["name"]] = Memory(
                    sum(each.get("workingSetBytes", 0) for each in used),
                    sum(each.get("rssBytes", 0) for each in used),
                )
    return found


@contextmanager
def most_memory(release: Release) -> Iterator[dict[str, Memory]]:
    """The most that each pod took while the block runs, looked at every five seconds."""
    most: dict[str, Memory] = {}
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(5):
            try:
                now = memory(release)
            except AssertionError:  # a busy kubelet
                continue
            for pod, used in now.items():
                most[pod] = used.or_more(most.get(pod, used))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        stop.set()
        thread.join()
