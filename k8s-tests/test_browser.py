"""People's journeys in a real browser, on the release through its Ingress."""

from collections.abc import Iterator

import pytest
from harness import Release
from playwright.sync_api import Browser
from proofs import journeys
from proofs.browser import WIDTHS, chromium, visiting
from proofs.journeys import Journey
from proofs.target import Target


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def name_of(journey: Journey) -> str:
    return journey.__name__


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("journey", journeys.WITH_SCRIPT, ids=name_of)
def test_in_the_browser_people_can(
    journey: Journey, width: str, browser: Browser, release: Release, target: Target
) -> None:
    with visiting(browser, release.url, width, frozenset(target.urls)) as visit:
        journey(visit)


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("journey", journeys.WITHOUT_SCRIPT, ids=name_of)
def test_without_script_people_can(
    journey: Journey, browser: Browser, release: Release, target: Target
) -> None:
    verbs = frozenset(target.urls)
    with visiting(browser, release.url, "desktop", verbs, java_script_enabled=False) as visit:
        journey(visit)
