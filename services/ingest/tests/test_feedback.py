"""The formats `feedback` and `reddit-export`: what users did elsewhere."""

import gzip
import io
import json
import stat
import zipfile

import pytest

from reddit_reco_ingest.domain import Feedback, Refused, Unreadable, batches, encoded
from reddit_reco_ingest.formats import FORMATS, Options
from reddit_reco_ingest.reading import Limits

ANN = "user:ann"
VOTES = (
    "id,permalink,direction\n1a,https://www.reddit.com/r/x/comments/1a/t/,up\n2b,,down\n3c,,none\n"
)
SAVED = "id,permalink\n1a,\nt3_4d,\n"
HIDDEN = "id,permalink\n5e,\n"
FILES = {"post_votes.csv": VOTES, "saved_posts.csv": SAVED, "hidden_posts.csv": HIDDEN}


def line(**fields):
    row = {"user": "ann", "verb": "like", "post": "reddit:1a", "time": "2014-05-06T07:08:09Z"}
    return json.dumps({**row, **fields})


def zipped(files=FILES, method=zipfile.ZIP_DEFLATED):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


def export(read, content, path="export.zip", **more):
    return read("reddit-export", content, path=path, user=ANN, **more)


def test_every_verb_is_read(read):
    rows = [
        line(),
        line(verb="hide", user="service:x", value=True),
        line(verb="tag", value="to-read"),
        line(verb="share", user=7, time=1400000000),
    ]
    assert read("feedback", "\n".join(rows)).feedback == [
        Feedback("like", ANN, "reddit:1a", None, "2014-05-06T07:08:09Z"),
        Feedback("hide", "service:x", "reddit:1a", True, "2014-05-06T07:08:09Z"),
        Feedback("tag", ANN, "reddit:1a", "to-read", "2014-05-06T07:08:09Z"),
        Feedback("share", "user:7", "reddit:1a", None, "2014-05-13T16:53:20Z"),
    ]


def test_a_subreddit_can_be_hidden(read):
    row = line(verb="hide", post=None, subreddit="funny")
    assert read("feedback", row).feedback == [
        Feedback("hide", ANN, None, None, "2014-05-06T07:08:09Z", "funny")
    ]
    assert read("feedback", line(verb="like", post=None, subreddit="x")).refusal.field == "post"
    bad = line(verb="hide", post=None, subreddit=7)
    assert read("feedback", bad).refusal.field == "subreddit"


def test_a_rule_is_read_and_needs_no_time(read):
    rule = {"user": "ann", "verb": "tag", "value": "later", "when": {"words": ["ünï"]}}
    [found] = read("feedback", json.dumps(rule)).feedback
    assert found == Feedback("tag", ANN, None, "later", when={"words": ["ünï"]})
    assert json.loads(encoded(found)) == {
        "user": ANN,
        "value": "later",
        "when": {"words": ["ünï"]},
    }
    other = json.dumps({**rule, "when": {"words": ["b"]}})
    [one, two] = read("feedback", f"{json.dumps(rule)}\n{other}").feedback
    assert one.id != two.id


def test_a_tag_says_whether_a_rule_gave_it_and_by_hand_if_it_says_nothing(read):
    tag = {"verb": "tag", "value": "later"}
    rows = "\n".join([line(**tag, by="rule"), line(**tag, by="user"), line(**tag)])
    ruled, *by_hand = read("feedback", rows).feedback
    assert json.loads(encoded(ruled))["by"] == "rule"
    assert [one.by for one in by_hand] == [None, None]
    assert "by" not in json.loads(encoded(by_hand[0]))
    assert read("reddit-reco-export", rows, user=ANN).feedback[0].by == "rule"
    assert read("feedback", line(**tag, by="bob")).refusal.field == "by"
    assert read("feedback", line(by="rule")).feedback[0].by is None


@pytest.mark.parametrize("when", [7, "x", ["words"], {str(n): n for n in range(11)}])
def test_what_is_no_rule_is_rejected_by_name(read, when):
    bad = line(verb="tag", value="later", post=None, when=when)
    assert read("feedback", bad).refusal.field == "when"


def test_what_a_person_took_along_is_whoever_s_it_is_that_imports_it(read):
    rows = "\n".join([line(user="bob"), line(user=None, verb="tag", value="a"), line(verb="no")])
    found = read("reddit-reco-export", rows, user=ANN)
    assert [(one.verb, one.user) for one in found.feedback] == [("like", ANN), ("tag", ANN)]
    with pytest.raises(Refused, match="whose"):
        FORMATS["reddit-reco-export"].check(Options())


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"verb": "upvote"}, "verb"),
        ({"verb": None}, "verb"),
        ({"verb": ["like"]}, "verb"),
        ({"user": ""}, "user"),
        ({"user": None}, "user"),
        ({"user": "a|b"}, "user"),
        ({"user": "a" * 200}, "user"),
        ({"post": "1a"}, "post"),
        ({"post": None}, "post"),
        ({"post": "reddit:" + "a" * 200}, "post"),
        ({"value": {}}, "value"),
        ({"value": "x" * 201}, "value"),
        ({"verb": "tag"}, "value"),
        ({"verb": "tag", "value": 7}, "value"),
        ({"time": None}, "time"),
        ({"time": "yesterday"}, "time"),
    ],
)
def test_a_bad_record_is_rejected_by_name(read, fields, field):
    assert read("feedback", line(**fields)).refusal.field == field


@pytest.mark.parametrize("raw", ["7", '"like"', "[1]"])
def test_what_is_no_object_is_rejected(read, raw):
    assert read("feedback", raw).refusal


def test_a_line_for_a_verb_has_what_is_known_only():
    assert json.loads(encoded(Feedback("like", ANN, "reddit:1"))) == {
        "user": ANN,
        "post": "reddit:1",
    }


def test_the_same_wish_twice_is_in_two_batches():
    wish, other = Feedback("tag", ANN, "reddit:1", "a"), Feedback("tag", ANN, "reddit:1", "b")
    found = list(batches([(1, wish), (2, other), (3, wish)]))
    assert [batch.numbers for batch in found] == [[1, 2], [3]]
    assert found[0].verbs == ["tag", "tag"]


def test_an_export_is_likes_tags_and_hidden_posts(read):
    found = export(read, zipped())
    assert found.feedback == [
        Feedback("like", ANN, "reddit:1a"),
        Feedback("tag", ANN, "reddit:1a", "saved"),
        Feedback("tag", ANN, "reddit:4d", "saved"),
        Feedback("hide", ANN, "reddit:5e"),
    ]
    assert (found.skipped, found.positions) == (2, [1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize("start", range(7))
def test_an_export_goes_on_behind_any_position(read, start):
    assert export(read, zipped(), start=start).positions == list(range(start + 1, 7))


@pytest.mark.parametrize("name", list(FILES))
def test_a_single_file_is_known_by_its_name(read, name):
    whole = export(read, zipped({name: FILES[name]}))
    for path in (name, name.replace(".csv", " (1).csv"), f"folder/{name.upper()}"):
        assert export(read, FILES[name], path).feedback == whole.feedback


def test_votes_are_known_by_their_columns_too(read):
    assert len(export(read, VOTES, "").feedback) == 1
    with pytest.raises(Unreadable, match="which file is it"):
        export(read, SAVED, "export.csv")


def test_files_may_have_a_byte_order_mark_other_columns_and_other_files_beside_them(read):
    files = {
        "u/Post_Votes.csv": "\ufeffdate,direction,id\r\n2014,up,1a\r\n",
        "u/comments.csv": "whatever",
        "u/saved_posts.csv": "id,permalink\n",
        "u/hidden_posts.csv": "",
    }
    assert export(read, zipped(files)).feedback == [Feedback("like", ANN, "reddit:1a")]


def test_an_export_needs_an_owner():
    with pytest.raises(Refused, match="whose export"):
        FORMATS["reddit-export"].check(Options(path="export.zip"))


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("1a,,sideways", "direction"),
        (",,up", "id"),
        ("t1_4d,,up", "id"),
        ("../../etc,,up", "id"),
        ("A1,,up", "id"),
        ("1a,up", None),
        ("1a,,up,more", None),
        ('"1a,,up', None),
        ("1a,\udcff,up", None),
        (f"1a,{'x' * 70_000},up", None),
        ("," * 50_000, None),
    ],
)
def test_a_bad_row_is_rejected_and_the_others_are_taken(read, row, field):
    content = f"id,permalink,direction\n9z,,up\n{row}\n".encode("utf-8", "surrogateescape")
    found = export(read, content, "post_votes.csv")
    assert found.feedback == [Feedback("like", ANN, "reddit:9z")]
    assert [refusal.field for _, refusal in found.rejected] == [field]


@pytest.mark.parametrize(
    "content", ["id,permalink\n1a,\n", "a\n", "\n", "{}", "x" * 70_000, '"id,direction\n' * 9]
)
def test_wrong_columns_are_refused_by_name(read, content):
    with pytest.raises(Unreadable, match=r"^post_votes.csv: .*(no CSV header|no column)"):
        export(read, content, "post_votes.csv")


@pytest.mark.parametrize(
    "path",
    ["../post_votes.csv", "/post_votes.csv", "a/../../x", "..\\post_votes.csv", "C:\\x", "C:/x"],
)
def test_a_path_that_leads_out_of_the_zip_is_refused(read, path):
    with pytest.raises(Unreadable, match="leads out of it"):
        export(read, zipped({path: VOTES, "saved_posts.csv": SAVED}))


def test_a_link_is_not_followed(read):
    link = zipfile.ZipInfo("post_votes.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(Unreadable, match="is no file"):
        export(read, zipped({link: "/etc/passwd"}))


def test_a_file_that_is_there_twice_is_refused(read):
    with pytest.raises(Unreadable, match="twice"):
        export(read, zipped({"post_votes.csv": VOTES, "old/POST_VOTES.csv": VOTES}))


def test_a_bomb_is_refused_before_it_is_read(read):
    with pytest.raises(Unreadable, match="zip bomb"):
        export(read, zipped({"post_votes.csv": bytes(40 * 2**20)}))
    with pytest.raises(Unreadable, match="expand to more than"):
        export(read, zipped(), limits=Limits(expanded=100))


def test_a_zip_that_lies_about_a_size_is_damaged(read):
    content = bytearray(zipped({"saved_posts.csv": SAVED * 100}))
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (100).to_bytes(4, "little")
    with pytest.raises(Unreadable, match="damaged"):
        export(read, bytes(content))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(read, method):
    with pytest.raises(Unreadable, match="other than deflate"):
        export(read, zipped(method=method))


def test_an_encrypted_zip_is_refused(read):
    content = bytearray(zipped({"saved_posts.csv": SAVED}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Unreadable, match="encrypted"):
        export(read, bytes(content))


def test_a_zip_with_an_enormous_directory_is_refused(read):
    with pytest.raises(Unreadable, match="too many files"):
        export(read, zipped({f"{'x' * 200}{number}": "" for number in range(3_000)}))


def test_a_zip_without_any_of_the_files_is_refused(read):
    for files in ({"comments.csv": "id\n"}, {}):
        with pytest.raises(Unreadable, match=r"none of post_votes\.csv"):
            export(read, zipped(files))


def test_a_zip_cut_anywhere_is_refused_or_read_as_far_as_it_goes(read):
    content = zipped()
    for end in range(4, len(content), 7):
        with pytest.raises(Unreadable, match="damaged"):
            export(read, content[:end])


def test_a_zip_with_any_byte_changed_never_raises_anything_else(read):
    content = zipped()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 0xFF
        try:
            export(read, bytes(changed))
        except Unreadable:
            continue


def test_a_zip_in_a_zip_or_in_gzip_is_refused(read):
    with pytest.raises(Unreadable, match="another compressed file"):
        export(read, gzip.compress(zipped()))
    with pytest.raises(Unreadable, match=r"none of|no CSV header"):
        export(read, zipped({"post_votes.csv": zipped()}))
