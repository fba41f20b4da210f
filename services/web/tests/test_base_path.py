import re

import pytest


@pytest.fixture
def below(make_client, posts_verb, search_verb):
    return make_client(posts_url=posts_verb.url, search_url=search_verb.url, base_path="/team/reco")


@pytest.mark.parametrize(
    "path", ["/", "/search?q=number", "/search", "/posts/reddit:p1", "/about", "/nowhere"]
)
def test_every_link_of_the_site_keeps_the_base_path(below, path):
    text = below.get(f"/team/reco{path}", headers={"Accept": "text/html"}).text
    own = re.findall(r'(?:href|src|action)="(/[^"]*)"', text)
    assert own
    assert [address for address in own if not address.startswith("/team/reco/")] == []


def test_links_below_a_base_path_work(below, see):
    page = see(below, "/team/reco/search?q=number")
    for selector in ("a.next", ".post h2 a", ".sorts a", ".facet a", ".tags a"):
        see(below, page.cssselect(selector)[0].get("href"))
    style = page.xpath("//link[@rel='stylesheet']/@href")[0]
    assert below.get(style).status_code == 200


def test_the_service_also_answers_where_the_prefix_was_taken_off(below):
    assert below.get("/").status_code == 200
    assert below.get("/healthz").status_code == 200
    assert b"Disallow: /team/reco/search" in below.get("/team/reco/robots.txt").data


def test_opensearch_gives_the_whole_address(below):
    text = below.get("/team/reco/opensearch.xml").text
    assert 'template="http://localhost/team/reco/search?q={searchTerms}"' in text
