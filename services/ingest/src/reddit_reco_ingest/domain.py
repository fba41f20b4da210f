"""What an import makes of the records of a file. Knows neither HTTP nor MongoDB, nor any format."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import orjson

Post = dict[str, Any]
State = Literal["queued", "running", "done", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)

ID_CHARACTERS = r"[!-.0-~]+"
LONGEST_NATIVE_ID = 160
LONGEST_EXCERPT = 200

BATCH_POSTS = 1_000
BATCH_BYTES = 1024 * 1024
# Progress is committed with batches, so a file of nothing but bad lines must make some, too.
BATCH_RECORDS = 5_000


class Refused(Exception):
    """A record is no post that can be kept. The import goes on.

    Args:
        reason: what is wrong, for a person.
        field: the record's field at fault, named as in the file.
    """

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field


class Unreadable(Exception):
    """The file cannot be read any further. What was read before is kept; the import has failed."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a user once did with a post; the service of that verb keeps it.

    Attributes:
        verb: `like`, `hide`, `tag` or `share`.
        user: the user's subject.
        post: the post's id; None for a subreddit, and for a rule.
        value: the tag; what else the verb makes of it is its business.
        at: when it was done, in RFC 3339; None if nobody knows.
        subreddit: what is hidden, where it is not a post.
        when: which new posts get the tag, where it is a rule.
        by: `rule` for a tag that one of the user's rules gave.
    """

    verb: str
    user: str
    post: str | None
    value: str | float | bool | None = None
    at: str | None = None
    subreddit: str | None = None
    when: dict[str, Any] | None = None
    by: str | None = None

    @property
    def id(self) -> str:
        """The same for the same wish."""
        what = self.subreddit or self.when
        return f"{self.verb}|{self.user}|{self.post}|{self.value}|{what}"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was not taken, and why."""

    reason: str
    field: str | None
    excerpt: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A post that its author, or the source, has deleted since: it is to be deleted here, too."""

    id: str


class Skipped:
    """A record that is right, but nothing to keep: a comment, an answer, a down-vote."""


SKIPPED = Skipped()
Item = Post | Feedback | Rejected | Gone | Skipped
# An item with its position: a number that grows through the file (the line's, or the record's).
Positioned = tuple[int, Item]


@dataclass(slots=True)
class Counts:
    """What became of the records."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    skipped: int = 0
    rejected: int = 0

    def add(self, other: "Counts") -> None:
        """Add `other` to these counts."""
        self.read += other.read
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.deleted += other.deleted
        self.skipped += other.skipped
        self.rejected += other.rejected

    def __str__(self) -> str:
        """In one line."""
        return ", ".join(f"{number} {name}" for name, number in asdict(self).items())


@dataclass(slots=True)
class Batch:
    """Consecutive records, read and ready to be sent: each line to the verb at its place."""

    lines: list[bytes] = field(default_factory=list)
    verbs: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    gone: list[str] = field(default_factory=list)
    rejected: list[tuple[int, Rejected]] = field(default_factory=list)
    size: int = 0
    read: int = 0
    skipped: int = 0
    position: int = 0
    offset: int = 0

    def full(self) -> bool:
        """Whether it should be sent now."""
        return (
            len(self.lines) >= BATCH_POSTS
            or self.read >= BATCH_RECORDS
            or len(self.rejected) >= BATCH_POSTS
        )


@dataclass(slots=True)
class Outcome:
    """What the receiver made of a batch's lines and deletions."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[tuple[int, Rejected]] = field(default_factory=list)


def counts_of(batch: Batch, outcome: Outcome) -> Counts:
    """What became of the batch's records."""
    return Counts(
        read=batch.read,
        created=outcome.created,
        updated=outcome.updated,
        unchanged=outcome.unchanged,
        deleted=len(batch.gone),
        skipped=batch.skipped,
        rejected=len(batch.rejected) + len(outcome.rejected),
    )


def rejected_of(batch: Batch, outcome: Outcome) -> list[tuple[int, Rejected]]:
    """All rejected records of the batch with their positions, in the order of the file."""
    return sorted([*batch.rejected, *outcome.rejected], key=lambda found: found[0])


def batches(items: Iterable[Positioned]) -> Iterator[Batch]:
    """Collect items into batches that one request can carry.

    No id is twice in a batch, so that which one of two wins does not depend on the receiver.

    Raises:
        Unreadable: from `items`, after the batch with everything read before it.
    """
    batch = Batch()
    try:
        for number, item in items:
            line = encoded(item) if isinstance(item, dict | Feedback) else item
            if isinstance(line, bytes):
                verb, key = _address(item)
                if key in batch.ids or batch.size + len(line) > BATCH_BYTES:
                    yield batch
                    batch = Batch()
                _take_line(batch, number, line, verb, key)
            else:
                _take_other(batch, number, line)
            batch.read += 1
            batch.position = number
            if batch.full():
                yield batch
                batch = Batch()
    except Unreadable:
        if batch.read:
            yield batch
        raise
    if batch.read:
        yield batch


def encoded(item: Post | Feedback) -> bytes | Rejected:
    """A post, or feedback, as the line of JSON that its service takes."""
    if isinstance(item, Feedback):
        names = ("user", "post", "value", "at", "subreddit", "when", "by")
        row = {name: getattr(item, name) for name in names}
        item = {name: value for name, value in row.items() if value is not None}
    try:
        return orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        # Lone surrogates: invalid bytes, or an escape such as \\ud800.
        return Rejected("not valid UTF-8", None, excerpt(repr(item).encode("utf-8", "replace")))


def excerpt(raw: bytes) -> str:
    """The beginning of a record, readable whatever its bytes are."""
    return raw[:LONGEST_EXCERPT].decode("utf-8", "replace")


def _address(item: Item) -> tuple[str, str]:
    """The verb that takes an item, and the item's id."""
    if isinstance(item, Feedback):
        return item.verb, item.id
    return "posts", item["id"]  # type: ignore[index]


def _take_line(batch: Batch, number: int, line: bytes, verb: str, key: str) -> None:
    batch.lines.append(line)
    batch.verbs.append(verb)
    batch.numbers.append(number)
    batch.ids.add(key)
    batch.size += len(line)


def _take_other(batch: Batch, number: int, item: Rejected | Gone | Skipped) -> None:
    if isinstance(item, Rejected):
        batch.rejected.append((number, item))
    elif isinstance(item, Gone):
        batch.gone.append(item.id)
    else:
        batch.skipped += 1
