from reddit_reco_search.highlight import SNIPPET, Matcher, marked, snippet
from reddit_reco_search.index import tokens


def match(*terms: str, prefixes: tuple[str, ...] = ()) -> Matcher:
    return Matcher(frozenset(terms), prefixes)


def test_matches_are_marked_whatever_their_form():
    html = marked("Running runs a RUN", list(tokens("Running runs a RUN")), match("run"))
    assert html == "<mark>Running</mark> <mark>runs</mark> a <mark>RUN</mark>"


def test_everything_else_is_escaped():
    title = '<script>alert("x")</script> & cats'
    html = marked(title, tokens(title), match("script", "cat"))
    assert html is not None
    assert html.replace("<mark>", "").replace("</mark>", "") == (
        "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; cats"
    )
    assert html.count("<mark>") == 3


def test_a_text_without_a_match_has_no_highlight():
    assert marked("cats", tokens("cats"), match("dog")) is None
    assert snippet("cats", tokens, match("dog")) is None
    assert snippet("", tokens, match("dog")) is None


def test_prefixes_are_marked():
    assert marked("Pythonic", tokens("Pythonic"), match(prefixes=("pyth",))) == (
        "<mark>Pythonic</mark>"
    )


def test_offsets_are_right_behind_other_alphabets():
    title = "Ünïcode 日本 😀 naïve cats"
    assert marked(title, tokens(title), match("cat")) == "Ünïcode 日本 😀 naïve <mark>cats</mark>"


def test_a_snippet_is_the_part_around_the_first_match():
    text = "begin " * 100 + "a happy <b>ending</b> " + "end " * 100
    html = snippet(text, tokens, match("happi"))
    assert html is not None
    assert html.startswith("…")
    assert html.endswith("…")
    assert "<mark>happy</mark> &lt;b&gt;" in html
    assert len(html) < 2 * SNIPPET


def test_a_rough_match_that_is_none_does_not_end_the_search():
    assert snippet("the run of catalogues, then cats", tokens, match("cat")) is not None
