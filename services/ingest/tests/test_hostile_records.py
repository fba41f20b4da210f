"""Records that are bad in every way that records can be: each is rejected, by name, and no more."""

import json

import pytest

LISTING = '{"kind": "Listing", "data": {"children": [{"kind": "t3", "data": %s}]}}'


@pytest.mark.parametrize("format_name", ["arctic-shift", "mongoexport", "reddit-top-csv"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "a/b"),
        ("id", "x" * 300),
        ("id", "ä"),
        ("id", "a b"),
        ("id", ""),
        ("id", None),
        ("id", ["a"]),
        ("title", ""),
        ("title", " \n"),
        ("title", None),
        ("title", {"a": 1}),
        ("created_utc", float("nan")),
        ("created_utc", float("inf")),
        ("created_utc", -1),
        ("created_utc", "-5.0"),
        ("created_utc", "NaN"),
        ("created_utc", 1e300),
        ("created_utc", 4102444800),
        ("created_utc", True),
        ("created_utc", "yesterday"),
        ("created_utc", {"$date": "never"}),
        ("created_utc", {"$date": {"$numberLong": "x"}}),
        ("created_utc", {}),
        ("created_utc", None),
        ("score", float("nan")),
        ("score", "many"),
        ("score", 1.5),
        ("score", 10**30),
        ("score", {"$numberLong": "x"}),
        ("ups", []),
        ("over_18", "perhaps"),
        ("selftext", {"a": "b"}),
        ("author", ["a"]),
    ],
)
def test_a_bad_field_is_named(read, record, format_name, field, value):
    refusal = read(format_name, json.dumps(record(**{field: value}))).refusal
    assert refusal.field == field
    assert refusal.reason.startswith(f"{field}: ")


def test_a_bad_field_in_a_listing_is_named(read, record):
    refusal = read("reddit-listing", LISTING % json.dumps(record(created_utc=float("nan")))).refusal
    assert refusal.field == "created_utc"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": "a", "title": "\xff"}', "not valid UTF-8"),
        (b'{"id": "a", "title": "b"', "not valid JSON"),
        (b"not JSON", "not valid JSON"),
        (b"\x00\x01\x02", "not valid JSON"),
        (b"[1, 2]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"{" + b'"a":{' * 100_000, "nested too deeply"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "not valid JSON"),
    ],
)
def test_a_line_that_is_no_object_is_rejected_and_the_others_taken(read, lines, line, reason):
    content = lines(1, "before") + line + b"\n" + lines(1, "after")
    found = read("arctic-shift", content)
    assert [post["id"] for post in found.posts] == ["reddit:before0", "reddit:after0"]
    assert found.rejected[0][0] == 2
    assert reason in found.rejected[0][1].reason


def test_a_line_of_20_mb_is_one_rejected_record(read, lines):
    content = lines(1, "before") + lines(1, "long", text="x" * 20_000_000) + lines(1, "after")
    found = read("arctic-shift", content)
    assert [post["id"] for post in found.posts] == ["reddit:before0", "reddit:after0"]
    assert found.rejected[0][0] == 2
    assert found.rejected[0][1].reason == "longer than a record may be (8 MiB)"
    assert len(found.rejected[0][1].excerpt) <= 200


def test_a_csv_line_of_20_mb_is_one_rejected_record(read):
    row = "1,{id},T,{text}\n"
    content = "created_utc,id,title,selftext\n" + row.format(id="a", text="x" * 20_000_000)
    found = read("reddit-top-csv", content + row.format(id="b", text="y"))
    assert [post["id"] for post in found.posts] == ["reddit:b"]
    assert found.rejected[0][1].reason == "longer than a record may be (8 MiB)"


def test_an_xml_row_of_20_mb_is_one_rejected_record(read):
    row = (
        '<row Id="{id}" PostTypeId="1" Title="T" CreationDate="2010-01-01T00:00:00" Body="{body}"/>'
    )
    rows = row.format(id=1, body="x" * 20_000_000) + row.format(id=2, body="y")
    found = read("stackexchange-xml", f"<posts>{rows}</posts>", site="x")
    assert [post["id"] for post in found.posts] == ["stackexchange:x:2"]
    assert found.rejected[0][1].reason == "longer than a record may be (8 MiB)"


def test_blank_lines_are_no_records(read, lines):
    found = read("arctic-shift", b"\n" + lines(1) + b"\n \r\n\n")
    assert len(found.posts) == 1
    assert found.rejected == []
    assert found.positions == [2]


def test_windows_line_ends_are_understood(read, lines):
    assert len(read("arctic-shift", lines(3).replace(b"\n", b"\r\n")).posts) == 3


def test_html_and_scripts_in_titles_are_text_like_any_other(read, record):
    title = "<script>alert(1)</script> <img src=x onerror=alert(1)>"
    assert read("arctic-shift", record(title=title)).post["title"] == title


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "example.com"])
def test_an_address_without_a_scheme_and_host_is_left_out(read, record, url):
    assert read("arctic-shift", record(url=url)).post["url"] is None


def test_the_excerpt_shows_the_record_s_beginning(read):
    assert read("arctic-shift", b'{"id": "a", "title": "\xff"}').refusal.excerpt.startswith(
        '{"id": "a"'
    )
