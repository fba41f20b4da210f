import pytest

from reddit_reco_web.text import highlighted, preview, render, web_address

REL = 'rel="nofollow noopener noreferrer"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("\r\n\r\n  one  \r\n", "<p>one</p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("    if x:\n        y", '<pre tabindex="0"><code>if x:\n    y</code></pre>'),
        ("> said\n> so", "<blockquote><p>said<br>\nso</p></blockquote>"),
        ("", ""),
    ],
)
def test_plain_text_becomes_paragraphs(text, expected):
    assert render(text, "reddit") == expected


@pytest.mark.parametrize(
    ("text", "href", "rest"),
    [
        ("see https://example.org/a.", "https://example.org/a", "."),
        ("(https://example.org/a)", "https://example.org/a", ")"),
        ("https://example.org/a_(b)", "https://example.org/a_(b)", ""),
        ("http://example.org/?a=1&b=2!", "http://example.org/?a=1&amp;b=2", "!"),
        ("[label](https://example.org/x_(y)) end", "https://example.org/x_(y)", " end"),
    ],
)
def test_addresses_of_the_web_become_links(text, href, rest):
    rendered = render(text, "reddit")
    assert f'<a href="{href}" {REL}>' in rendered
    assert rendered.endswith(f"</a>{rest}</p>")


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "[x](javascript:alert(1))", "ftp://example.org", "www.x.org"]
)
def test_nothing_else_becomes_a_link(text):
    assert "<a" not in render(text, "reddit")


def test_a_link_without_a_host_is_only_text():
    assert "<a" not in render("https://", "reddit")
    assert "<a" not in render("[x](https://?)", "reddit")


def test_angle_brackets_do_not_make_text_html():
    assert render("a List<String> here", "stackexchange") == "<p>a List&lt;String&gt; here</p>"


def test_reddit_text_is_never_html():
    assert "<p><b>" not in render("<p><b>x</b></p>", "reddit")


def test_a_preview_has_no_markup_even_where_it_was_cut():
    assert preview("<p>One <b>two</b>\n three <a href='ht", "hn") == "One two three"
    assert preview("a < b  and\nc > d", "reddit") == "a < b and c > d"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:x", "//example.org", "/x", "https://", "http://[", "", None, 3],
)
def test_only_absolute_addresses_of_the_web_are_addresses(url):
    assert web_address(url) is None


def test_fragments_keep_their_marks_and_nothing_else():
    given = "&lt;b&gt; <mark>x</mark> <b>y</b><i onclick=z>z</i>"
    assert highlighted(given) == "&lt;b&gt; <mark>x</mark> <mark>y</mark>z"


def test_long_text_is_rendered_in_no_time():
    render("[" * 50_000 + "](" * 50_000, "reddit")
    render("https://example.org/" + "(" * 50_000, "reddit")
    render("http://x " * 20_000, "reddit")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see [this](http://a.example/b) and on", "see this and on"),
        (
            "see [the <mark>x</mark>](http://a.example/<mark>x</mark>) on",
            "see the <mark>x</mark> on",
        ),
        ("cut: [this](http://a.exam", "cut: this"),
        ("cut: [this](http://a.exam…", "cut: this"),
        ("[a] (b) [c] and f[0](x) stay", "[a] (b) [c] and f[0](x) stay"),
        ("[" * 300 + "](" * 50, "[" * 300 + "](" * 50),
    ],
)
def test_a_shortened_text_shows_a_links_words_alone(text, expected):
    assert highlighted(text) == expected
    if "<" not in text:
        assert preview(text, "reddit") == expected
