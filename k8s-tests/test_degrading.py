"""One service after the other has no pod: every page comes with the rest, and names the missing."""

from collections.abc import Callable, Iterator

import httpx2
import pytest
from harness import Release, put_post, wait_until
from proofs.pagewise import look_without, reader

POST = "test:degrading"
VERBS = ("recommend", "search", "like", "hide", "tag", "share", "login", "posts", "ingest")


@pytest.fixture(scope="module")
def client(release: Release) -> Iterator[httpx2.Client]:
    """Somebody who has signed up at web."""
    with release.http() as http:
        put_post(http, POST, "A walk while services are away")
    with reader(release.url) as found:
        yield found


@pytest.mark.parametrize("verb", VERBS)
def test_without_a_service_every_page_comes_in_time_and_names_it(
    release: Release, client: httpx2.Client, verb: str, say: Callable[[str], None]
) -> None:
    with release.without(verb):
        look = look_without(client, verb, POST)
    say(f"without {verb}: the slowest page took {look.longest[0]:.2f} s: {look.longest[1]}")
    assert look.faults == []


def test_with_all_services_back_no_page_names_any(client: httpx2.Client) -> None:
    def whole() -> bool:
        named = [verb for verb in VERBS if f"“{verb}”" in client.get("/about").text]
        assert not named, named
        return True

    wait_until(whole, "all services are back", 180, pause=0.2)
    assert look_without(client, "", POST).faults == []
