"""Tags by the thousand, and rules, as an import brings them: the same again changes nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from reddit_reco_synced import UserErased
from reddit_reco_synced.batches import Answer
from reddit_reco_synced.records import ERASED, Document, keep_all

from .domain import folded, tag_id
from .models import TagLine
from .rules import MOST_RULES
from .store import REMOVED, TAGS, TagStore

_FULL = f"There are {MOST_RULES} rules already, the most that one user may have."


def write(store: TagStore, lines: Sequence[TagLine], now: datetime) -> list[Answer]:
    """Give every line's tag as its user does by hand, or as a rule did, and keep every rule."""
    tags = [line for line in lines if line.when is None]
    rules = [line for line in lines if line.when is not None]
    given = iter(_give(store, tags, now) if tags else ())
    kept = iter(_keep_rules(store, rules, now))
    return [next(given if line.when is None else kept) for line in lines]


def _give(store: TagStore, lines: Sequence[TagLine], now: datetime) -> list[Answer]:
    """Tags by hand win over rules and removals; one that a rule gave wins over neither."""
    spelling: dict[tuple[str, str], str] = {}
    records: dict[str, Document] = {}
    for line in lines:
        name = line.user, folded(line.value)
        if name not in spelling:
            spelling[name] = store.spelled(line.user, line.value)
        records.setdefault(_id(line), _record(line, spelling[name], now))
    by_hand = list({_id(line) for line in lines if line.by == "user"})
    by_rule = list(records.keys() - by_hand)
    store.database[REMOVED].delete_many({"_id": {"$in": by_hand}})
    for removed in _removed(store, by_rule):
        del records[removed]
    written = keep_all(store.database[TAGS], records)
    tags = store.database[TAGS]
    tags.update_many({"_id": {"$in": by_hand}, "by": "rule"}, {"$set": {"by": "user"}})
    # A removal during the write found nothing to remove; its mark is there now.
    if late := _removed(store, by_rule):
        tags.delete_many({"_id": {"$in": late}, "by": "rule"})
    return written.answers((_id(line), line.user) for line in lines)


def _removed(store: TagStore, ids: list[str]) -> list[str]:
    """Those of the taggings that their users removed by hand."""
    return store.database[REMOVED].distinct("_id", {"_id": {"$in": ids}}) if ids else []


def _keep_rules(store: TagStore, lines: Sequence[TagLine], now: datetime) -> list[Answer]:
    """Put rules beside those that their users have, while there is room."""
    of_user: dict[str, list[Document]] = {}
    for line in lines:
        of_user.setdefault(line.user, []).append(line.rule())
    answers = {user: iter(_keep(store, user, rules, now)) for user, rules in of_user.items()}
    return [next(answers[line.user]) for line in lines]


def _keep(store: TagStore, user: str, rules: list[Document], now: datetime) -> Iterator[Answer]:
    try:
        before, after = store.add_rules(user, rules, now)
    except UserErased:
        yield from (dict(ERASED) for _ in rules)
        return
    new = [rule for rule in after if rule not in before]
    for rule in rules:
        if rule in new:
            new.remove(rule)
            yield {"status": 201}
        elif rule in after:
            yield {"status": 200}
        else:
            yield {"status": 400, "detail": _FULL, "field": "when"}


def _record(line: TagLine, tag: str, now: datetime) -> Document:
    return {
        "user": line.user,
        "post": line.post or "",
        "tag": tag,
        "folded": folded(tag),
        "at": line.at or now,
        "by": line.by,
    }


def _id(line: TagLine) -> str:
    return tag_id(line.user, line.post or "", line.value)
