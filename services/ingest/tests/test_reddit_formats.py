"""The four formats that hold Reddit's own fields."""

import json

import pytest

CSV_HEADER = "created_utc,score,id,title,ups,downs,num_comments,permalink,selftext,over_18,url"


def listing(*children, kind="Listing"):
    return {"kind": kind, "data": {"after": None, "children": list(children)}}


def thing(record, **fields):
    return {"kind": "t3", "data": record(**fields)}


def test_a_listing_becomes_a_post_for_each_child(read, record):
    full = record(
        name="t3_1a2b3c",
        selftext="Some *text*",
        url="https://example.com/a?b=1&c=2",
        permalink="/r/cats/comments/1a2b3c/a_title/",
        subreddit="cats",
        author="someone",
        ups=9,
        downs=2,
        num_comments=3,
        over_18=True,
        created_utc=1370746482.5,
        link_flair_text="Show & Tell!",
    )
    assert read("reddit-listing", listing({"kind": "t3", "data": full})).post == {
        "id": "reddit:1a2b3c",
        "title": "A title",
        "text": "Some *text*",
        "url": "https://example.com/a?b=1&c=2",
        "permalink": "https://www.reddit.com/r/cats/comments/1a2b3c/a_title/",
        "subreddit": "cats",
        "author": "someone",
        "created_at": "2013-06-09T02:54:42.500Z",
        "score": 7,
        "ups": 9,
        "downs": 2,
        "num_comments": 3,
        "over_18": True,
        "tags": ["show-tell"],
    }


def test_comments_and_more_in_a_listing_are_passed_over(read, record):
    found = read(
        "reddit-listing", listing(thing(record), {"kind": "t1", "data": {}}, {"kind": "more"})
    )
    assert len(found.posts) == 1
    assert found.skipped == 2


@pytest.mark.parametrize("layout", ["one a line", "array", "indented", "things"])
def test_listings_come_in_several_layouts(read, record, layout):
    first, second = thing(record, id="a"), thing(record, id="b")
    content = {
        "one a line": json.dumps(listing(first)) + "\n\n" + json.dumps(listing(second)),
        "array": json.dumps([listing(first), listing(second)]),
        "indented": json.dumps(listing(first, second), indent=2),
        "things": json.dumps(first) + "\n" + json.dumps(second),
    }[layout]
    found = read("reddit-listing", content)
    assert [post["id"] for post in found.posts] == ["reddit:a", "reddit:b"]
    assert found.positions == [1, 2]


def test_entities_in_a_listing_stay_since_it_is_raw_json(read, record):
    assert (
        read("reddit-listing", listing(thing(record, title="a &amp; b"))).post["title"]
        == "a &amp; b"
    )


def test_what_is_no_listing_is_rejected(read):
    assert read("reddit-listing", {"kind": "t5", "data": {}}).refusal.field == "kind"
    assert read("reddit-listing", {"kind": "Listing", "data": {}}).refusal.field == "data"


def test_a_dump_of_arctic_shift_is_one_post_a_line(read, record):
    rows = [record(id="a", subreddit="cats", author="[deleted]"), record(id="b", name="t3_b")]
    found = read("arctic-shift", "\n".join(json.dumps(row) for row in rows))
    assert [post["id"] for post in found.posts] == ["reddit:a", "reddit:b"]
    assert found.posts[0]["author"] is None


def test_a_post_that_was_deleted_later_is_gone(read, record):
    found = read("arctic-shift", record(_meta={"was_deleted_later": True, "retrieved_2nd_on": 1}))
    assert found.gone == ["reddit:1a2b3c"]
    assert found.posts == []


def test_a_post_that_was_not_deleted_later_is_kept(read, record):
    assert (
        read("arctic-shift", record(_meta={"was_deleted_later": False})).post["title"] == "A title"
    )


@pytest.mark.parametrize("text", ["[deleted]", "[removed]"])
def test_text_that_was_taken_away_is_no_text(read, record, text):
    assert read("arctic-shift", record(selftext=text)).post["text"] == ""


@pytest.mark.parametrize("format_name", ["arctic-shift", "mongoexport", "reddit-top-csv"])
def test_the_api_s_three_entities_are_undone_in_dumps(read, record, format_name):
    post = read(format_name, record(title="&lt;b&gt; &amp;amp; c", selftext="x &gt; y")).post
    assert post["title"] == "<b> &amp; c"
    assert post["text"] == "x > y"


def test_mongoexport_s_values_are_understood(read, record):
    post = read(
        "mongoexport",
        record(
            _id={"$oid": "55a8c847bb6df3bce60b1ee0"},
            created_utc={"$numberDouble": "1370746482.0"},
            score={"$numberInt": "12"},
            ups={"$numberLong": "13"},
            downs="1.0",
            num_comments=4.0,
            over_18="False",
            is_self="True",
            permalink="http://www.reddit.com/r/Python/comments/1a2b3c/a/",
        ),
    ).post
    assert post["created_at"] == "2013-06-09T02:54:42Z"
    assert (post["score"], post["ups"], post["downs"], post["num_comments"]) == (12, 13, 1, 4)
    assert post["over_18"] is False
    assert post["subreddit"] == "Python"


def test_counters_below_zero_are_zero(read, record):
    post = read("mongoexport", record(num_comments=-1, downs="-3", score=-5)).post
    assert (post["num_comments"], post["downs"], post["score"]) == (0, 0, -5)


@pytest.mark.parametrize(
    "time",
    [
        1370746482,
        1370746482.0,
        "1370746482",
        "1370746482.0",
        "1.370746482e+09",
        {"$date": "2013-06-09T02:54:42Z"},
        {"$date": 1370746482000},
        {"$date": {"$numberLong": "1370746482000"}},
        {"$numberLong": "1370746482"},
        "2013-06-09T02:54:42",
        "2013-06-09T04:54:42+02:00",
    ],
)
def test_times_come_in_many_forms(read, record, time):
    assert (
        read("mongoexport", record(created_utc=time)).post["created_at"] == "2013-06-09T02:54:42Z"
    )


def test_an_id_that_an_importer_made_a_number_is_found_in_the_full_name(read, record):
    assert read("mongoexport", record(id=180097, name="t3_180097")).post["id"] == "reddit:180097"
    assert read("mongoexport", record(id=1.2e46, name="t3_12e45")).post["id"] == "reddit:12e45"


def test_an_id_whose_digits_are_lost_is_rejected(read, record):
    assert read("mongoexport", record(id=1.2e46)).refusal.field == "id"


def test_a_title_that_an_importer_made_a_number_is_its_digits(read, record):
    assert read("mongoexport", record(title=1984, author=16807)).post["title"] == "1984"


def test_a_json_array_of_mongoexport_is_read(read, record):
    content = "[" + ",\n".join(json.dumps(record(id=str(one))) for one in range(3)) + "]\n"
    assert [post["id"] for post in read("mongoexport", content).posts] == [
        "reddit:0",
        "reddit:1",
        "reddit:2",
    ]


def test_the_csv_file_s_name_is_the_subreddit(read):
    row = '1370746482.0,7,1a2b3c,"A ""title"", quoted",9,2,3,,"text\nover lines",False,'
    post = read("reddit-top-csv", f"{CSV_HEADER}\n{row}\n", path="some/where/cats.csv.zst").post
    assert post["title"] == 'A "title", quoted'
    assert post["text"] == "text\nover lines"
    assert post["subreddit"] == "cats"
    assert post["url"] is None
    assert (post["score"], post["ups"], post["downs"], post["num_comments"]) == (7, 9, 2, 3)


def test_a_subreddit_that_is_told_beats_the_csv_file_s_name(read):
    content = f"{CSV_HEADER}\n1,7,a,T,9,2,3,,,False,\n"
    post = read("reddit-top-csv", content, path="cats.csv", subreddit="dogs").post
    assert post["subreddit"] == "dogs"


def test_bad_csv_rows_are_rejected_and_the_others_taken(read):
    rows = ["1,7,a,T,9,2,3,,,False,", "1,7,b", '1,7,c,"no end', "1,7,d,T,9,2,3,,,False,"]
    found = read("reddit-top-csv", "\n".join([CSV_HEADER, *rows]))
    # The quote that does not end takes what follows with it.
    assert [post["id"] for post in found.posts] == ["reddit:a"]
    assert [position for position, _ in found.rejected] == [2, 3]


def test_a_csv_row_that_is_not_utf8_is_rejected(read):
    content = CSV_HEADER.encode() + b"\n1,7,a,T\xff,9,2,3,,,False,\n1,7,b,T,9,2,3,,,False,\n"
    found = read("reddit-top-csv", content)
    assert [post["id"] for post in found.posts] == ["reddit:b"]
    assert found.rejected[0][1].reason == "not valid UTF-8"


def test_the_ndjson_form_says_its_subreddit_itself(read, record):
    content = json.dumps(record(subreddit="cats", score="7", over_18="False", ups="9"))
    post = read("reddit-top-csv", content, path="reddit-top.ndjson").post
    assert post["subreddit"] == "cats"
    assert post["ups"] == 9
    assert (
        read("reddit-top-csv", json.dumps(record()), path="reddit-top.ndjson").post["subreddit"]
        is None
    )


def test_a_byte_order_mark_is_left_out(read, record):
    assert read("arctic-shift", b"\xef\xbb\xbf" + json.dumps(record()).encode()).post["id"]


@pytest.mark.parametrize("format_name", ["arctic-shift", "mongoexport", "reddit-top-csv"])
def test_reading_goes_on_behind_a_position(read, lines, format_name):
    found = read(format_name, lines(5), start=3)
    assert [post["id"] for post in found.posts] == ["reddit:p3", "reddit:p4"]
    assert found.positions == [4, 5]


def test_reading_a_csv_goes_on_behind_a_position(read):
    rows = [f"1,7,p{one},T,9,2,3,,,False," for one in range(4)]
    found = read("reddit-top-csv", "\n".join([CSV_HEADER, *rows]), start=2)
    assert [post["id"] for post in found.posts] == ["reddit:p2", "reddit:p3"]


def test_reading_a_listing_goes_on_behind_a_position(read, record):
    children = [thing(record, id=f"p{one}") for one in range(4)]
    content = json.dumps(listing(*children[:2])) + "\n" + json.dumps(listing(*children[2:]))
    assert [post["id"] for post in read("reddit-listing", content, start=3).posts] == ["reddit:p3"]
