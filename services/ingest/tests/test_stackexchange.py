"""Posts.xml of Stack Exchange."""

import pytest

from reddit_reco_ingest.domain import Refused, Unreadable
from reddit_reco_ingest.formats import FORMATS, Options

ROW = (
    '<row Id="{id}" PostTypeId="{type}" CreationDate="2010-08-25T19:50:51.187" Score="8" '
    'Body="&lt;p&gt;First &amp;amp; foremost&lt;/p&gt;&#xA;&lt;p&gt;1 &amp;lt; 2&lt;/p&gt;" '
    'OwnerUserId="21" Title="How to &quot;bike&quot;?" Tags="{tags}" AnswerCount="3" '
    'CommentCount="2" {more}/>'
)


def row(**fields):
    values = {"id": 1, "type": 1, "tags": "&lt;a&gt;&lt;b-c&gt;", "more": "", **fields}
    return ROW.format(**values)


def posts(*rows, before="", encoding="utf-8"):
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n{before}<posts>\n'
    return "\ufeff" + head + "\n".join(rows) + "\n</posts>\n"


@pytest.fixture
def read_rows(read):
    return lambda *rows, **more: read(
        "stackexchange-xml", posts(*rows), **{"site": "bicycles.meta", **more}
    )


def test_a_question_becomes_a_post_with_its_attribution(read_rows):
    assert read_rows(row(more='ContentLicense="CC BY-SA 2.5" ')).post == {
        "id": "stackexchange:bicycles.meta:1",
        "title": 'How to "bike"?',
        "text": "First & foremost\n\n1 < 2",
        "url": "https://bicycles.meta.stackexchange.com/questions/1",
        "permalink": "https://bicycles.meta.stackexchange.com/questions/1",
        "author": "user21",
        "created_at": "2010-08-25T19:50:51.187Z",
        "score": 8,
        "num_comments": 5,
        "tags": ["a", "b-c"],
        "attribution": {
            "text": "Asked by user21 on bicycles.meta.stackexchange.com, CC BY-SA 2.5",
            "url": "https://bicycles.meta.stackexchange.com/questions/1",
            "licence": "CC BY-SA 2.5",
            "licence_url": "https://creativecommons.org/licenses/by-sa/2.5/",
        },
    }


@pytest.mark.parametrize(
    ("day", "licence"),
    [
        ("2011-04-07", "CC BY-SA 2.5"),
        ("2011-04-08", "CC BY-SA 3.0"),
        ("2018-05-02", "CC BY-SA 4.0"),
    ],
)
def test_a_row_without_a_licence_has_that_of_its_time(read_rows, day, licence):
    old = row().replace("2010-08-25", day)
    assert read_rows(old).post["attribution"]["licence"] == licence


@pytest.mark.parametrize("tags", ["&lt;c++&gt;&lt;.net&gt;", "|c++|.net|"])
def test_tags_come_in_two_forms(read_rows, tags):
    assert read_rows(row(tags=tags)).post["tags"] == ["c++", ".net"]


def test_a_display_name_is_the_author(read_rows):
    assert read_rows(row(more='OwnerDisplayName="Ann" ')).post["author"] == "Ann"


@pytest.mark.parametrize("kind", [2, 4, 5])
def test_answers_and_wiki_pages_are_passed_over(read_rows, kind):
    found = read_rows(row(type=kind))
    assert (found.posts, found.skipped) == ([], 1)


@pytest.mark.parametrize("planted", [1000000001, 1000000010])
def test_planted_rows_are_passed_over(read_rows, planted):
    found = read_rows(row(id=planted))
    assert (found.posts, found.skipped) == ([], 1)


def test_reading_goes_on_behind_a_position(read_rows):
    found = read_rows(row(id=1), row(id=2, type=2), row(id=3), start=2)
    assert found.positions == [3]
    assert found.post["id"] == "stackexchange:bicycles.meta:3"


def test_rows_may_stand_on_one_line_or_on_several(read):
    content = "<posts>" + row(id=1) + row(id=2).replace('" ', '"\n  ') + "</posts>"
    assert len(read("stackexchange-xml", content, site="x").posts) == 2


def test_comments_in_the_file_are_no_rows(read):
    content = posts("<!-- " + row(id=1) + " \n -->", row(id=2))
    assert read("stackexchange-xml", content, site="x").post["id"] == "stackexchange:x:2"


@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE posts [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>\n',
        '<!DOCTYPE posts SYSTEM "http://127.0.0.1/evil.dtd">\n',
        '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>\n',
    ],
)
def test_a_doctype_is_refused(read, before):
    with pytest.raises(Unreadable, match="DOCTYPE"):
        read("stackexchange-xml", posts(row(), before=before), site="x")


def test_a_row_with_an_unknown_entity_is_rejected_and_the_others_taken(read_rows):
    found = read_rows(row(id=1).replace("How", "&xxe;How"), row(id=2))
    assert [post["id"] for post in found.posts] == ["stackexchange:bicycles.meta:2"]
    assert "not valid XML" in found.rejected[0][1].reason


def test_a_row_that_is_not_utf8_is_rejected_and_the_others_taken(read):
    content = posts(row(id=1), row(id=2)).encode().replace(b"How", b"H\xffw", 1)
    found = read("stackexchange-xml", content, site="x")
    assert [post["id"] for post in found.posts] == ["stackexchange:x:2"]
    assert len(found.rejected) == 1


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('CreationDate="2010-08-25T19:50:51.187"', "", "CreationDate"),
        ('CreationDate="2010-08-25T19:50:51.187"', 'CreationDate="soon"', "CreationDate"),
        ('Score="8"', 'Score="NaN"', "Score"),
        ('Id="1"', 'Id="1/2"', "Id"),
        ('Title="How to &quot;bike&quot;?"', "", "Title"),
    ],
)
def test_a_bad_row_is_rejected_with_its_attribute_s_name(read_rows, old, new, field):
    assert read_rows(row().replace(old, new)).refusal.field == field


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"id": "a"}\n', "where <posts> or a <row>"),
        ("\n", "it has no <posts>"),
        ("<users><row Id='1'/></users>", "'users>'"),
        ("<row Id='1'/>", "not in <posts>"),
        ("<posts>" + row(), "cut short"),
    ],
)
def test_what_is_no_posts_xml_is_unreadable(read, content, reason):
    with pytest.raises(Unreadable, match=reason):
        read("stackexchange-xml", content, site="x")


@pytest.mark.parametrize(
    ("given", "site"),
    [
        ({"site": "bicycles.meta"}, "bicycles.meta"),
        ({"site": "Bicycles.Meta.StackExchange.com"}, "bicycles.meta"),
        ({"path": "stackexchange-bicycles-meta/Posts.xml"}, "bicycles.meta"),
        ({"path": "/data/bicycles.meta.stackexchange.com/Posts.xml.zst"}, "bicycles.meta"),
        ({"path": "stackoverflow.com-Posts.xml"}, "stackoverflow"),
        ({"path": "bicycles.meta.xml"}, "bicycles.meta"),
        ({"path": "a\\askubuntu.com\\Posts.xml"}, "askubuntu"),
    ],
)
def test_the_site_is_told_or_seen_from_the_file_s_name(read, given, site):
    assert read("stackexchange-xml", posts(row()), **given).post["id"] == f"stackexchange:{site}:1"


@pytest.mark.parametrize("given", [{}, {"path": "Posts.xml"}, {"site": "no/site"}, {"site": "-"}])
def test_a_site_is_needed(given):
    with pytest.raises(Refused) as caught:
        FORMATS["stackexchange-xml"].check(Options(**given))
    assert caught.value.field == "site"


@pytest.mark.parametrize(
    ("site", "host"),
    [
        ("stackoverflow", "stackoverflow.com"),
        ("mathoverflow", "mathoverflow.net"),
        ("meta.askubuntu", "meta.askubuntu.com"),
        ("meta", "meta.stackexchange.com"),
        ("cooking", "cooking.stackexchange.com"),
    ],
)
def test_sites_with_a_domain_of_their_own_are_known(read, site, host):
    assert (
        read("stackexchange-xml", posts(row()), site=site).post["url"]
        == f"https://{host}/questions/1"
    )
