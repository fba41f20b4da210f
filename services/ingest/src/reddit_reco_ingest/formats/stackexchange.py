"""`stackexchange-xml`: Posts.xml of a Stack Exchange data dump.

Questions become posts. Answers and wiki pages have no title and are passed over, as comments are.
Rows with ids that the publisher planted (1000000001, 1000000010) are passed over, too.

In well-formed XML a `<` starts markup and nothing else, so the file is split there: rows are parsed
one by one, each by a parser that knows no entities but XML's own five, and a bad or endless row
harms no other. A DOCTYPE is refused before anything in it is looked at.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.parsers import expat

from ..domain import SKIPPED, Item, Positioned, Refused, Unreadable
from ..reading import Chunks, TooLong, pieces
from .options import Options
from .records import rejected
from .values import count, moment, native_id, text_of_html, title, whole

PLANTED = ("1000000001", "1000000010")
_QUESTION = "1"
_LICENCES = "https://creativecommons.org/licenses/by-sa/"
_TAGS = re.compile(r"[^<>|]+")
_SITE = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
_OWN_DOMAINS = {
    "stackoverflow": "stackoverflow.com",
    "serverfault": "serverfault.com",
    "superuser": "superuser.com",
    "askubuntu": "askubuntu.com",
    "stackapps": "stackapps.com",
    "mathoverflow": "mathoverflow.net",
}
# Names that say what the file is, not of which site it is.
_GENERIC = re.compile(r"(?i)(stackexchange[-_.]+)?(posts?|data|dump|upload)?")


def read(chunks: Chunks, options: Options, start: int) -> Iterator[Positioned]:
    """An item for every row; the position counts them.

    Raises:
        Unreadable: there is a DOCTYPE, the root is not `posts`, or it does not end.
    """
    site = site_of(options)
    number = 0
    for row in _rows(chunks):
        number += 1
        if number <= start:
            continue
        try:
            yield number, _item(_attributes(row), site)
        except Refused as error:
            yield number, rejected(error, row)


def site_of(options: Options) -> str:
    """The site's name, as in `bicycles.meta`: the option, or from the file's or its folder's name.

    Raises:
        Refused: there is no name to tell it from.
    """
    if options.site:
        return _site(options.site)
    for part in reversed(options.path.replace("\\", "/").split("/")):
        name = re.sub(r"(?i)(\.(xml|zst|zstd|gz|7z))+$", "", part)
        name = re.sub(r"(?i)[-_.]?posts$", "", name)
        if not _GENERIC.fullmatch(name):
            return _site(re.sub(r"(?i)^stackexchange[-_.]", "", name))
    raise Refused("say which Stack Exchange site this is, e.g. bicycles.meta", "site")


def _site(name: str) -> str:
    name = name.lower().strip()
    for ending in (".stackexchange.com", ".com", ".net"):
        name = name.removesuffix(ending)
    name = re.sub(r"-meta$", ".meta", name)
    if len(name) > 60 or not _SITE.fullmatch(name):
        raise Refused(f"{name[:60]!r} is not the name of a Stack Exchange site", "site")
    return name


def _host(site: str) -> str:
    own, meta = site.removesuffix(".meta"), site.endswith(".meta")
    if own in _OWN_DOMAINS:
        return ("meta." if meta else "") + _OWN_DOMAINS[own]
    if own.startswith("meta.") and own[5:] in _OWN_DOMAINS:
        return "meta." + _OWN_DOMAINS[own[5:]]
    return site + ".stackexchange.com"


def _rows(chunks: Chunks) -> Iterator[bytes | TooLong]:
    """The rows' markup, without the `<`."""
    opened = ended = comment = False
    for piece in pieces(chunks, b"<"):
        if isinstance(piece, TooLong):
            if not comment:
                yield piece
        elif comment or piece.startswith(b"!--"):
            comment = b"-->" not in piece
        elif piece.startswith(b"row"):
            if not opened or ended:
                raise Unreadable("not a Posts.xml: a row that is not in <posts>")
            yield piece
        elif piece.startswith(b"!"):
            raise Unreadable("the file has a DOCTYPE or other declarations, which are refused")
        elif piece.startswith((b"posts", b"/posts")):
            opened, ended = True, piece.startswith(b"/") or ended
        elif not piece.startswith((b"?xml", b"/row")) and not piece.isspace() and piece:
            found = piece.split()[0][:40].decode("utf-8", "replace")
            raise Unreadable(f"not a Posts.xml: {found!r} where <posts> or a <row> should be")
    if not opened:
        raise Unreadable("not a Posts.xml: it has no <posts>")
    if not ended:
        raise Unreadable("the file is cut short: its <posts> does not end")


def _attributes(row: bytes | TooLong) -> dict[str, str]:
    if isinstance(row, TooLong):
        raise Refused("longer than a record may be (8 MiB)")
    found: list[dict[str, str]] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda _name, attributes: found.append(attributes)
    try:
        markup = row.rstrip()
        parser.Parse(b"<" + markup + (b"" if markup.endswith(b"/>") else b"</row>"), True)
    except expat.ExpatError as error:
        raise Refused(f"not valid XML: {error}") from None
    return found[0]


def _item(row: dict[str, str], site: str) -> Item:
    native = native_id(row.get("Id"), "Id")
    if native in PLANTED or row.get("PostTypeId") != _QUESTION:
        return SKIPPED
    host = _host(site)
    address = f"https://{host}/questions/{native}"
    author = row.get("OwnerDisplayName") or _numbered(row.get("OwnerUserId"))
    return {
        "id": f"stackexchange:{site}:{native}",
        "title": title(row.get("Title"), "Title"),
        "text": text_of_html(row.get("Body", "")),
        "url": address,
        "permalink": address,
        "author": author,
        "created_at": moment(row.get("CreationDate"), "CreationDate"),
        "score": whole(row.get("Score"), "Score"),
        "num_comments": _replies(row),
        "tags": _TAGS.findall(row.get("Tags", "")),
        "attribution": _attribution(row, author, host, address),
    }


def _numbered(user: str | None) -> str | None:
    """What the site shows for somebody who has not chosen a name."""
    return f"user{user}" if user else None


def _replies(row: dict[str, str]) -> int:
    """Answers and comments: what people said below the question."""
    return sum(count(row.get(each), each) or 0 for each in ("AnswerCount", "CommentCount"))


def _attribution(
    row: dict[str, str], author: str | None, host: str, address: str
) -> dict[str, Any]:
    licence = row.get("ContentLicense") or _licence_on(row["CreationDate"])
    version = licence.rpartition(" ")[2]
    return {
        "text": f"Asked by {author or 'an unknown author'} on {host}, {licence}",
        "url": address,
        "licence": licence,
        "licence_url": f"{_LICENCES}{version}/" if licence.startswith("CC BY-SA ") else None,
    }


def _licence_on(created: str) -> str:
    """The licence of contributions of that time: stackoverflow.com/help/licensing."""
    day = datetime.fromisoformat(created).strftime("%Y-%m-%d")
    if day < "2011-04-08":
        return "CC BY-SA 2.5"
    return "CC BY-SA 3.0" if day < "2018-05-02" else "CC BY-SA 4.0"
