from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo.database import Database

from reddit_reco_share.domain import CODE, is_bot, new_code, post_page, visitor_address, visitor_id

URL = "/api/v1/shares"
Visit = Callable[..., Any]


@pytest.fixture
def code(ann: FlaskClient) -> str:
    return str(ann.post(URL, json={"post": "hn:a?b"}).get_json()["code"])


@pytest.fixture
def visits(ann: FlaskClient) -> Callable[[], int]:
    return lambda: int(ann.get(URL).get_json()["items"][0]["visits"])


def test_a_short_link_leads_to_the_page_of_the_post(code: str, visit: Visit) -> None:
    answer = visit(code)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/posts/hn:a%3Fb"
    assert answer.headers["Cache-Control"] == "no-store"


def test_below_a_base_path_it_leads_below_the_base_path(code: str, app: Flask) -> None:
    answer = app.test_client().get(f"/reco/s/{code}")
    assert answer.headers["Location"] == "/reco/posts/hn:a%3Fb"


@pytest.mark.parametrize("code", ["x", "abcdefghijkl", "a" * 500, "%00", "a|b"])
def test_an_unknown_code_is_a_404(visit: Visit, code: str) -> None:
    answer = visit(code)
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


def test_100_visits_of_one_visitor_at_once_count_once(
    code: str, visit: Visit, visits: Callable[[], int]
) -> None:
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: visit(code).status_code, range(100)))
    assert answers == [302] * 100
    assert visits() == 1


def test_100_visitors_at_once_count_100(
    code: str, visit: Visit, visits: Callable[[], int], kept: Database[dict[str, Any]]
) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: visit(code, f"203.0.113.{n}"), range(100)))
    assert visits() == kept["visitors"].count_documents({}) == 100


def test_another_browser_or_address_is_another_visitor(
    code: str, visit: Visit, visits: Callable[[], int]
) -> None:
    for address, agent in (
        ("2001:db8::1", "Firefox"),
        ("2001:db8::1", "Chrome"),
        ("::2", "Chrome"),
    ):
        for _ in range(2):
            visit(code, address, agent)
    assert visits() == 3


def test_what_a_client_claims_of_its_address_does_not_make_it_another_visitor(
    code: str, visit: Visit, visits: Callable[[], int]
) -> None:
    for claimed in ("", "1.1.1.1, ", "2.2.2.2, 3.3.3.3,"):
        visit(code, f"{claimed}203.0.113.1")
    assert visits() == 1


def test_machines_and_what_is_loaded_ahead_are_led_on_but_not_counted(
    code: str, visit: Visit, visits: Callable[[], int], app: Flask
) -> None:
    assert visit(code, agent="Slackbot-LinkExpanding 1.0").status_code == 302
    assert visit(code, **{"Sec-Purpose": "prefetch;prerender"}).status_code == 302
    assert app.test_client().head(f"/s/{code}").status_code == 302
    assert visits() == 0


@pytest.mark.parametrize(
    ("agent", "bot"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True),
        ("facebookexternalhit/1.1", True),
        ("WhatsApp/2.23.20.0", True),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/120.0", False),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", False),
        ("curl/8.0", False),
        ("", False),
    ],
)
def test_a_bot_is_known_by_its_user_agent(agent: str, bot: bool) -> None:
    assert is_bot(agent) is bot


def test_no_address_and_no_agent_is_kept(
    code: str, visit: Visit, kept: Database[dict[str, Any]]
) -> None:
    visit(code, "203.0.113.77", "Firefox/140")
    everything = str([list(kept[name].find()) for name in kept.list_collection_names()])
    assert "203.0.113.77" not in everything
    assert "Firefox" not in everything


def test_a_visitor_is_another_hash_for_every_link_and_every_installation() -> None:
    hashes = {
        visitor_id(key, code, "203.0.113.1", "Firefox").partition("|")[2]
        for key in (b"a", b"b")
        for code in ("1", "2")
    }
    assert len(hashes) == 4


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("9.9.9.9, 1.1.1.1", 1, "1.1.1.1"),
        ("9.9.9.9, 1.1.1.1, 10.0.0.1", 2, "1.1.1.1"),
        ("1.1.1.1", 2, "1.1.1.1"),
        ("1.1.1.1", 0, "peer"),
        ("", 1, "peer"),
        (" , ", 1, "peer"),
    ],
)
def test_the_address_is_what_the_outermost_trusted_proxy_saw(
    forwarded: str, proxies: int, address: str
) -> None:
    assert visitor_address(forwarded, "peer", proxies) == address


def test_a_code_has_the_form_of_a_code() -> None:
    assert all(CODE.fullmatch(new_code()) for _ in range(1000))


def test_a_post_id_cannot_leave_its_page() -> None:
    assert post_page("", "x:%2e%2e?#") == "/posts/x:%252e%252e%3F%23"
