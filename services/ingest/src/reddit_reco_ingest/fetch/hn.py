"""Hacker News by its Firebase API: first its newest stories, then item by item what is new.

What changed among the known ones (scores, deletions) is looked at at the end of each run.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .client import Client, SourceError
from .positions import Positions
from .settings import FetchSettings
from .writing import Writer

WHAT = "hn"
_CHUNK = 100
# The newest items may be null for a moment; further back, null is what the item is.
_UNSETTLED = 50


class HackerNews:
    """The API."""

    def __init__(self, client: Client, settings: FetchSettings) -> None:
        self._client = client
        self._url = settings.hn_url
        self._concurrency = settings.hn_concurrency

    def newest(self) -> int:
        """The id of the newest item."""
        found = self._get("maxitem")
        if not isinstance(found, int) or isinstance(found, bool) or found < 0:
            raise SourceError("maxitem.json is no number")
        return found

    def stories(self) -> list[int]:
        """The ids of the newest stories."""
        return _ids(self._get("newstories"), "newstories.json")

    def changed(self) -> list[int]:
        """The ids of the items that changed lately."""
        found = self._get("updates")
        return _ids(found.get("items") if isinstance(found, dict) else None, "updates.json")

    def items(self, ids: Sequence[int]) -> list[Any]:
        """The items of these ids, in their order; None for one that is not there."""
        with ThreadPoolExecutor(self._concurrency, "item") as pool:
            return list(pool.map(lambda each: self._get(f"item/{each}"), ids))

    def _get(self, path: str) -> Any:
        return self._client.json("GET", f"{self._url}/v0/{path}.json")


def fetch(source: HackerNews, positions: Positions, writer: Writer, most: int) -> None:
    """Bring in what is new, from where the last run came to: `most` items at most.

    Raises:
        SourceError: the source does not give it.
        Stopped: the run has to end; what was written is kept, and how far it is.
    """
    state, newest = positions.of(WHAT), source.newest()
    if not state:
        state = {"item": newest, "waiting": source.stories()}
        positions.save(WHAT, state)
    while waiting := state.get("waiting"):
        writer.write(_there(source.items(waiting[:_CHUNK])))
        state = {"item": state["item"], "waiting": waiting[_CHUNK:]}
        positions.save(WHAT, state)
    end = min(newest, state["item"] + most)
    position = _walk(source, positions, writer, state["item"], range(end, newest + 1))
    changed = [each for each in source.changed() if each <= position]
    for start in range(0, len(changed), _CHUNK):
        writer.write(_there(source.items(changed[start : start + _CHUNK])))


def _walk(
    source: HackerNews, positions: Positions, writer: Writer, position: int, rest: range
) -> int:
    """Go through the items behind `position` up to where the rest begins; gives how far it went."""
    end, newest = rest[0], rest[-1]
    while position < end:
        ids = range(position + 1, min(position + _CHUNK, end) + 1)
        found = source.items(ids)
        settled = _settled(ids, found, newest)
        writer.write(_there(found[:settled]))
        position += settled
        positions.save(WHAT, {"item": position})
        if settled < len(ids):
            break
    return position


def _settled(ids: Sequence[int], found: Sequence[Any], newest: int) -> int:
    """How many of the items can be counted as looked at."""
    for place, (each, item) in enumerate(zip(ids, found, strict=True)):
        if item is None and each > newest - _UNSETTLED:
            return place
    return len(ids)


def _there(items: Iterable[Any]) -> list[Any]:
    return [item for item in items if item is not None]


def _ids(found: Any, name: str) -> list[int]:
    if not isinstance(found, list):
        raise SourceError(f"{name} is no list")
    return [each for each in found if isinstance(each, int) and each > 0]
