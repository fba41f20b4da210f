import re
from collections import Counter
from itertools import pairwise

import pytest
from lxml import etree

PATHS = [
    "/",
    "/?sort=top&subreddit=python",
    "/search",
    "/search?q=number",
    "/search?q=number&cursor=20&subreddit=python",
    "/search?q=absent",
    "/posts/reddit:p1",
    "/about",
    "/nowhere",
]
LISTS = {"ul", "ol"}


@pytest.fixture(params=PATHS)
def text(request, client):
    return client.get(request.param, headers={"Accept": "text/html"}).text


@pytest.fixture
def page(text):
    return etree.fromstring(text, etree.HTMLParser())


def test_the_page_is_well_formed(text):
    parser = etree.HTMLParser()
    etree.fromstring(text, parser)
    # libxml2 knows HTML 4: the elements that came after it are the only thing it may object to.
    wrong = [entry.message for entry in parser.error_log]
    allowed = "header|main|nav|footer|article|aside|section|time|mark"
    assert [one for one in wrong if not re.fullmatch(rf"Tag ({allowed}) invalid", one)] == []


def test_ids_are_unique_and_references_lead_somewhere(page):
    ids = Counter(page.xpath("//@id"))
    assert [name for name, number in ids.items() if number > 1] == []
    for reference in page.xpath("//@for | //@aria-labelledby | //@aria-controls"):
        assert reference in ids
    for anchor in page.xpath("//a[starts-with(@href, '#')]/@href"):
        assert anchor[1:] in ids


def test_lists_hold_nothing_but_items(page):
    for element in page.iter(*LISTS):
        assert {child.tag for child in element} <= {"li"}


def test_landmarks_and_headings_are_in_order(page):
    assert len(page.xpath("//main")) == 1
    assert len(page.xpath("//h1")) == 1
    assert page.xpath("//header//form[@role='search']")
    assert page.xpath("/html/@lang") == ["en"]
    levels = [int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    unnamed = [
        nav
        for nav in page.iter("nav", "aside")
        if not {"aria-label", "aria-labelledby"} & {*nav.attrib}
    ]
    assert unnamed == []


def test_every_field_has_a_label_and_every_link_a_text(page):
    for field in page.xpath("//input[not(@type='hidden')]"):
        assert page.xpath(f"//label[@for='{field.get('id')}']") or field.getparent().tag == "label"
    for link in page.iter("a"):
        assert "".join(link.itertext()).strip()
    assert [image for image in page.iter("img") if image.get("alt") is None] == []


def test_the_first_thing_to_reach_by_keyboard_is_the_way_to_the_content(page):
    assert page.xpath("//body//a")[0].get("href") == "#main"


def test_there_is_neither_inline_style_nor_inline_script(page):
    assert page.xpath("//style | //script[not(@src)] | //@style") == []
