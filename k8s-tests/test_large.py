"""394k real posts: imported, copied and found, with the memory of every pod bounded.

Afterwards the release has the data that it had before.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from backports import zstd
from harness import Release, found, import_file, wait_until
from harness.backup import as_it_was
from harness.copies import copying, counts
from harness.memory import MIB, Memory, most_memory
from harness.release import REPO
from harness.waiting import every

# Below the limits of the chart. What MongoDB's allocator keeps of freed memory is in its 960.
MOST_MIB = {
    "ingest": 192,
    "posts": 160,
    "search": 640,
    "recommend": 640,
    "tag": 160,
    "sync": 192,
    "web": 160,
    "login": 160,
    "mongodb": 960,
}
# Indexes of the posts that pods keep for themselves: verb -> its metric of how many there are.
DERIVED = {
    "search": "reddit_reco_search_index_documents",
    "recommend": "reddit_reco_recommend_posts",
}
DUMP = Path(os.environ.get("REDDIT_TOP", REPO.parent / "shared" / "data" / "reddit-top.ndjson.zst"))
# A reader's first page with its style, scripts and icon, as it comes over the wire.
MOST_BYTES = 40_000

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not DUMP.exists(), reason=f"{DUMP.name} is not here: REDDIT_TOP= names it"),
]


@dataclass(frozen=True)
class Arrived:
    """What it took until the dump was everywhere."""

    counts: dict[str, Any]
    seconds: dict[str, float]
    most: dict[str, Memory]
    restarted: list[str]


@pytest.fixture(scope="module")
def arrived(
    release: Release, tell: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arrived]:
    """The dump is in, and every copy and index has it."""
    with as_it_was(release, tmp_path_factory.mktemp("large")):
        yield _bring_in(release, tell)
        tell("putting back what was there")


def _bring_in(release: Release, tell: Callable[[str], None]) -> Arrived:
    databases, restarts = copying(release), release.restarts()
    # Copies keep a mark of a deleted post, indexes nothing: so both are counted by what they gain.
    copied, indexed = counts(release, databases), _indexed(release)
    marks, seconds = {"start": time.monotonic()}, {}

    def took(step: str) -> None:
        before, marks["start"] = marks["start"], time.monotonic()
        seconds[step] = marks["start"] - before
        tell(f"{step}: {seconds[step]:.0f} s")

    with most_memory(release) as most, release.http() as http:
        told = every(
            30, lambda state: tell(f"{state['progress']:.0%}, {state['counts']['read']} read")
        )
        given = import_file(http, DUMP, "reddit-top-csv", seconds=2400, watch=told)
        took("import")
        new = int(given["created"])
        _wait_for(new, copied, lambda: counts(release, databases), "copied", tell)
        took("copies after it")
        _wait_for(new, indexed, lambda: _indexed(release), "indexed", tell)
        took("indexes after that")
    return Arrived(given, seconds, most, release.restarted(restarts))


def _wait_for(
    new: int,
    before: dict[str, int],
    look: Callable[[], dict[str, int]],
    what: str,
    tell: Callable[[str], None],
) -> None:
    """Wait until each has `new` posts more than `before`."""
    told = every(30, lambda gained: tell(f"{what} of {new}: {gained}"))

    def all_gained() -> bool:
        gained = {name: number - before[name] for name, number in look().items()}
        told(gained)
        assert all(number >= new for number in gained.values()), f"of {new}: {gained}"
        return True

    wait_until(all_gained, what, 1200, pause=3)


def _indexed(release: Release) -> dict[str, int]:
    """How many posts each index of the (first) pod of its verb has."""
    return {verb: _metric(release, verb, name) for verb, name in DERIVED.items()}


def _metric(release: Release, verb: str, name: str) -> int:
    text = release.proxied(f"pods/{release.running(verb)[0]}:9090/proxy/metrics")
    [row] = [line for line in text.splitlines() if re.match(rf"{name}(?:{{.*}})? ", line)]
    return int(float(row.split()[-1]))


def _posts() -> Iterator[dict[str, Any]]:
    with zstd.open(DUMP) as file:
        yield from map(json.loads, file)


def test_a_dump_of_any_size_goes_through_in_bounded_memory(
    arrived: Arrived, say: Callable[[str], None]
) -> None:
    lines = sum(1 for _ in _posts())
    say(f"{arrived.counts}; {lines / arrived.seconds['import']:.0f} posts/s")
    say(", ".join(f"{step} {seconds:.0f} s" for step, seconds in arrived.seconds.items()))
    say(
        "memory at most, MiB: " + ", ".join(f"{pod} {m}" for pod, m in sorted(arrived.most.items()))
    )
    assert arrived.counts["read"] == lines
    assert arrived.counts["rejected"] == 0
    # Else they were there before, and nothing was measured.
    assert arrived.counts["created"] > lines * 0.99
    assert arrived.restarted == []
    for verb, limit in MOST_MIB.items():
        own = [used.own for pod, used in arrived.most.items() if f"-{verb}-" in pod]
        assert max(own) <= limit * MIB, verb


def test_posts_of_all_parts_of_the_dump_are_found_by_their_titles(
    arrived: Arrived, http: httpx2.Client
) -> None:
    some = [post for number, post in enumerate(_posts()) if number % 20_000 == 0]
    # Adult ones are left out unless one asks for them; a short title many posts may have.
    some = [each for each in some if each["over_18"] == "False" and len(each["title"]) > 20]
    assert len(some) > 5
    lacking = {
        each["id"]: each["title"]
        for each in some
        if f"reddit:{each['id']}" not in found(http, each["title"])
    }
    assert lacking == {}


def test_the_home_page_is_whole_and_light_again_after_more_asked_than_it_can_answer(
    release: Release, arrived: Arrived, say: Callable[[str], None]
) -> None:
    before = release.restarts()
    # The last of its rates are beyond what the machine can do.
    printed = release.make("bench-load", "MIX=home", "RATES=20", "SECONDS=20")
    result = json.loads(printed.splitlines()[-1])
    weight = _weight(release)
    say(f"home page: {result['rows'][0]}; knee {result['knee_rate']}; load {result['load']:.1f}")
    say(f"home page, compressed, bytes: {sum(weight.values())}, {weight}")
    assert release.restarted(before) == []
    assert sum(weight.values()) <= MOST_BYTES


def _weight(release: Release) -> dict[str, int]:
    """Bytes of the home page and of all that it loads, by address."""
    with release.http(token=False) as http:
        page = wait_until(lambda: _whole_page(http), "the home page lacks nothing", 120)
        loaded = re.findall(r'<(?:link|script|img)[^>]+(?:href|src)="([^"]+)"', page.text)
        answers = {address: http.get(address).raise_for_status() for address in set(loaded)}
        return {name: each.num_bytes_downloaded for name, each in {"/": page, **answers}.items()}


def _whole_page(http: httpx2.Client) -> httpx2.Response:
    page = http.get("/").raise_for_status()
    assert "does not answer" not in page.text
    return page
