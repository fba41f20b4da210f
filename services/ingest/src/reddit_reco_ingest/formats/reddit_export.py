"""`reddit-export`: a person's own Reddit data export, as their own likes, tags and hidden posts.

The zip as Reddit sends it, or one of its files:

- `post_votes.csv`: up-votes are likes. Down-votes are left out: who hides a post never meets it
  again, not in a search either, which is more than a down-vote says.
- `saved_posts.csv`: the tag `saved`.
- `hidden_posts.csv`: hidden posts.

Reddit does not say when these were done.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ..domain import SKIPPED, Feedback, Item, Positioned, Refused, Unreadable
from ..reading import ZIP, Archive, Chunks, Counted, Expanded, Limits, expand
from .csv_rows import rows
from .options import Options

VOTES, SAVED, HIDDEN = NAMES = ("post_votes", "saved_posts", "hidden_posts")
TAG = "saved"
# The three files of somebody who votes a hundred times a day for ten years have some 30 MB.
LARGEST = 256 * 1024 * 1024
_LONGEST_LINE = 64 * 1024
_NEEDED: Mapping[str, tuple[str, ...]] = {
    VOTES: ("id", "direction"),
    SAVED: ("id",),
    HIDDEN: ("id",),
}
_NO_VOTES = ("down", "none", "")
_POST = re.compile(r"(?:t3_)?([0-9a-z]{1,13})")

Part = tuple[str, Chunks]


def check(options: Options) -> None:
    """Somebody has to own what the export holds.

    Raises:
        Refused: nobody is named.
    """
    if not options.user:
        raise Refused("whose export is it?", "user")


def parts(source: Counted, limits: Limits) -> Iterator[Part]:
    """The files of the export, by their names without `.csv`; a single file has no name.

    Raises:
        Unreadable: there is none, or the zip is damaged or hostile.
    """
    limits = replace(limits, expanded=min(limits.expanded, LARGEST))
    stream = expand(source, limits)
    chunks = Chunks(stream)
    if not chunks.head.startswith(ZIP):
        yield "", chunks
        return
    if isinstance(stream, Expanded):
        raise Unreadable("a zip in another compressed file is not read")
    files = {f"{name}.csv": name for name in NAMES}
    found = Archive(source, limits).named(list(files))
    if not found:
        raise Unreadable(f"the zip has none of {', '.join(files)}")
    for file, entry in found.items():
        if entry.size:
            yield files[file], Chunks(entry)


def read(files: Iterator[Part], options: Options, start: int) -> Iterator[Positioned]:
    """An item a row; the position counts the rows of all files, headers not counted."""
    last = 0
    for name, chunks in files:
        kind = name or _kind(chunks, options)
        try:
            last = yield from rows(
                chunks,
                start,
                partial(_named, partial(_ITEMS[kind], options.user)),
                needed=_NEEDED[kind],
                before=last,
                longest=_LONGEST_LINE,
            )
        except Unreadable as error:
            raise Unreadable(f"{kind}.csv: {error}") from None


def _kind(chunks: Chunks, options: Options) -> str:
    """Which file one without a zip is: its name says it, or else its columns."""
    stem = options.stem.casefold()
    for name in NAMES:
        if stem.startswith(name):
            return name
    if b"direction" in chunks.head.partition(b"\n")[0]:
        return VOTES
    raise Unreadable(f"which file is it? Its name has to be one of {', '.join(NAMES)}, with .csv")


def _named(convert: Callable[[str, dict[str, Any]], Item], record: dict[str, Any]) -> Item:
    found = _POST.fullmatch(record["id"])
    if not found:
        raise Refused("is no id of a post on Reddit", "id")
    return convert(f"reddit:{found[1]}", record)


def _vote(user: str, post: str, record: dict[str, Any]) -> Item:
    direction = record["direction"].strip().casefold()
    if direction == "up":
        return Feedback("like", user, post)
    if direction in _NO_VOTES:
        return SKIPPED
    raise Refused("is neither up, down nor none", "direction")


def _saved(user: str, post: str, _record: dict[str, Any]) -> Item:
    return Feedback("tag", user, post, TAG)


def _hidden(user: str, post: str, _record: dict[str, Any]) -> Item:
    return Feedback("hide", user, post)


_ITEMS = {VOTES: _vote, SAVED: _saved, HIDDEN: _hidden}
