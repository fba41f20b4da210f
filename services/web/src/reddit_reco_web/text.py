"""A post's text as HTML that is safe whatever the text is."""

import re
from urllib.parse import urlsplit

import nh3
from markupsafe import Markup, escape

REL = "nofollow noopener noreferrer"
_HTML_SOURCES = frozenset({"stackexchange", "hn"})
_TAGS = {"a", "abbr", "b", "blockquote", "br", "code", "del", "em", "hr", "i", "kbd", "li", "ol"}
_TAGS |= {"p", "pre", "s", "strong", "sub", "sup", "ul", "h1", "h2", "h3", "h4", "h5", "h6"}
_DROPPED = {"script", "style", "iframe", "object", "noscript", "template", "svg", "math", "title"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED,
    attributes={"a": {"href"}, "ol": {"start"}},
    url_schemes={"http", "https"},
    url_relative="deny",
    link_rel=REL,
)
_MARKS = nh3.Cleaner(tags={"b", "em", "mark"}, clean_content_tags=set(), attributes={})
# Posts of these sources may hold HTML; `List<String>` alone does not make it that.
_HTML = re.compile(r"^\s*<(?:p|pre|ul|ol|blockquote|h[1-6])>|</(?:p|pre|li|a|em|strong|i|code)>")
# A page has one h1, its title; headings within a text come below it.
_HEADING = re.compile(r"(</?)h[1-6]>")
_LINK = re.compile(
    r"\[(?P<label>[^\[\]\n]{1,300})\]\((?P<target>https?://[^\s()]{1,2000}(?:\([^\s()]*\)[^\s()]*)?)\)"
    r"|(?P<bare>https?://[^\s<>\"'`]{1,2000})",
    re.IGNORECASE,
)
# In a shortened text the address may be cut, and where it leads is a click away anyhow.
_LINK_IN_SHORT = re.compile(r"\[([^\[\]]{1,300})\]\((?:https?:|/)\S{0,2000}?(?:\)|$)")
_TRAILING = ".,;:!?*_~…"


def render(text: str, source: str) -> Markup:
    """The text as HTML: sanitised where the source writes HTML, else as paragraphs with links."""
    if _is_html(text, source):
        return Markup(_HEADING.sub(r"\1h3>", _CLEANER.clean(text)))  # noqa: S704
    return _blocks(text)


def preview(text: str, source: str) -> str:
    """A shortened text on one line, without its HTML, which may be cut in the middle of a tag."""
    if _is_html(text, source):
        text = Markup(re.sub(r"<[^>]*\Z", "", text)).striptags()  # noqa: S704
    return " ".join(_LINK_IN_SHORT.sub(r"\1", text).split())


def _is_html(text: str, source: str) -> bool:
    return source in _HTML_SOURCES and _HTML.search(text) is not None


def highlighted(fragment: str) -> Markup:
    """A fragment from search, with nothing in it but text and its marks."""
    cleaned = _MARKS.clean(_LINK_IN_SHORT.sub(r"\1", fragment))
    return Markup(re.sub(r"(</?)(?:b|em)>", r"\1mark>", cleaned))  # noqa: S704


def web_address(url: object) -> str | None:
    """The URL if it is an absolute one of the web, else None: no `javascript:`, no `data:`."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in ("http", "https") and parts.hostname else None


def host(url: str) -> str:
    """The part of an address that tells a reader where a link goes."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _blocks(text: str) -> Markup:
    blocks = re.split(r"\n[ \t]*\n+", text.replace("\r\n", "\n").strip("\n"))
    return Markup("\n").join(_block(block) for block in blocks if block.strip())


def _block(block: str) -> Markup:
    lines = block.split("\n")
    if all(line.startswith(("    ", "\t")) for line in lines):
        code = "\n".join(line[1:] if line.startswith("\t") else line[4:] for line in lines)
        return Markup('<pre tabindex="0"><code>{}</code></pre>').format(code)
    if all(line.lstrip().startswith(">") for line in lines):
        quoted = "\n".join(line.lstrip()[1:].lstrip() for line in lines)
        return Markup("<blockquote><p>{}</p></blockquote>").format(_lines(quoted))
    return Markup("<p>{}</p>").format(_lines(block))


def _lines(text: str) -> Markup:
    return Markup("<br>\n").join(_linked(line.strip()) for line in text.strip().split("\n"))


def _linked(line: str) -> Markup:
    done, parts = 0, []
    for match in _LINK.finditer(line):
        parts.append(escape(line[done : match.start()]))
        parts.append(_anchor(match))
        done = match.end()
    parts.append(escape(line[done:]))
    return Markup("").join(parts)


def _anchor(match: "re.Match[str]") -> Markup:
    if match["label"]:
        return _link(match["target"], match["label"])
    url, after = _split_trailing(match["bare"])
    return _link(url, url) + after


def _link(url: str, label: str) -> Markup:
    if web_address(url) is None:
        return escape(label)
    return Markup('<a href="{}" rel="{}">{}</a>').format(url, REL, label)


def _split_trailing(url: str) -> tuple[str, str]:
    """Punctuation that ends a sentence is not part of the address in it."""
    kept = url.rstrip(_TRAILING)
    while kept.endswith((")", "]")) and kept.count(kept[-1]) > kept.count("(["[kept[-1] == "]"]):
        kept = kept[:-1].rstrip(_TRAILING)
    return kept, url[len(kept) :]
