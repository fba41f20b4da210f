"""What sync has written into this service's own database: posts, signals, what is hidden."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.change_stream import DatabaseChangeStream
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from .domain import SHORT_TEXT, SHOWN, Hidden, Signal, fair

Document = dict[str, Any]

POSTS, LIKES, TAGS = "synced_posts", "synced_likes", "synced_tags"
SHARES, HIDDEN = "synced_shares", "synced_hidden"
SIGNALS = (LIKES, TAGS, SHARES)
# The field that says whose a signal is.
_OWNERS = {LIKES: "user", TAGS: "user", SHARES: "from", HIDDEN: "user"}
# A taste is what somebody did lately; older signals say less, and each costs time.
MOST_SIGNALS = 500
_MOST_HIDDEN = 10_000
_MOST_TOGETHER = 10_000
_BATCH = 2_000
_MILLISECONDS = 5_000
_TEXT = {"$cond": [{"$eq": [{"$type": "$text"}, "string"]}, "$text", ""]}
_BEGINNING = {"$substrCP": [_TEXT, 0, SHORT_TEXT]}


class RecommendStore:
    """Reads what sync has written. Nothing here writes.

    Args:
        database: gives the database; called at first use, since a client does not survive a fork.
    """

    def __init__(self, database: Callable[[], Database[Document]]) -> None:
        self._database = database

    @property
    def database(self) -> Database[Document]:
        """The database."""
        return self._database()

    def make_indexes(self) -> None:
        """Make the indexes that are missing."""
        for collection, owner in _OWNERS.items():
            self.database[collection].create_index([(owner, ASCENDING), ("at", DESCENDING)])
        self.database[TAGS].create_index("post")

    def posts(self) -> Iterator[Document]:
        """Every post that is not deleted."""
        collection = self.database.get_collection(POSTS, read_concern=ReadConcern("majority"))
        return iter(collection.find({"deleted": {"$ne": True}}, batch_size=_BATCH))

    def some_posts(self, ids: Iterable[str]) -> dict[str, Document]:
        """Those of the posts that are there, by id."""
        return self._living(ids, None)

    def listed(self, ids: Iterable[str]) -> dict[str, Document]:
        """The same with no more of their texts than lists show: those can be long."""
        return self._living(ids, {"text": _BEGINNING, **dict.fromkeys(SHOWN, 1)})

    def _living(self, ids: Iterable[str], shown: Document | None) -> dict[str, Document]:
        wanted = {"_id": {"$in": list(set(ids))}, "deleted": {"$ne": True}}
        return {post["_id"]: post for post in self.database[POSTS].find(wanted, shown)}

    def post_tags(self) -> dict[str, list[str]]:
        """What people tagged each post with."""
        grouped = {"_id": "$post", "tags": {"$addToSet": "$folded"}}
        by_hand = {"$match": {"by": "user"}}
        found = self.database[TAGS].aggregate([by_hand, {"$group": grouped}], allowDiskUse=True)
        return {each["_id"]: each["tags"] for each in found}

    def tags_of(self, post: str) -> list[str]:
        """What people tagged one post with."""
        return list(self.database[TAGS].distinct("folded", {"post": post, "by": "user"}))

    def signals(self, user: str) -> list[Signal]:
        """What a user did lately, newest first."""
        return _signals(self._of(user, SIGNALS))

    def signals_and_hidden(self, user: str) -> tuple[list[Signal], Hidden]:
        """The same, and what they hide as far as sync has brought it, in one question."""
        found = self._of(user, (*SIGNALS, HIDDEN))
        hides = [each for each in found if each["verb"] == HIDDEN]
        return _signals(each for each in found if each["verb"] != HIDDEN), _hidden(hides)

    def _of(self, user: str, collections: Sequence[str]) -> list[Document]:
        """The newest records of a user, of several collections."""
        first, *others = [_lately(user, collection) for collection in collections]
        unions = [
            {"$unionWith": {"coll": collection, "pipeline": steps}}
            for collection, steps in zip(collections[1:], others, strict=True)
        ]
        found = self.database[collections[0]].aggregate([*first, *unions], maxTimeMS=_MILLISECONDS)
        return list(found)

    def acted_on(self, user: str, posts: Sequence[str]) -> set[str]:
        """Those of the posts that a user did something with, however long ago."""
        mine = {"$in": list(posts)}
        liked = self.database[LIKES].distinct("post", {"_id": {"$in": _ids(user, posts)}})
        shared = self.database[SHARES].distinct("post", {"from": user, "post": mine})
        tagged = {"user": user, "post": mine, "by": "user"}
        return {*liked, *shared, *self.database[TAGS].distinct("post", tagged)}

    def hidden(self, user: str) -> Hidden:
        """What a user hides, as far as sync has brought it."""
        return _hidden(self._of(user, (HIDDEN,)))

    def hidden_among(self, user: str, posts: Sequence[str]) -> set[str]:
        """Those of the posts that a user hides, however long ago."""
        return set(self.database[HIDDEN].distinct("post", {"_id": {"$in": _ids(user, posts)}}))

    def interactions(self, most: int) -> Iterator[Document]:
        """Everybody's signals: `{"user", "post", "verb"}`, at most so many in all, newest first.

        Where there are more, each verb has an equal share, and what it does not need the others.
        """
        counts = {name: self.database[name].estimated_document_count() for name in SIGNALS}
        for collection, number in fair(counts, most).items():
            if number:
                yield from self._newest(collection, number)

    def signals_of(self, users: Sequence[str]) -> Iterator[Document]:
        """The signals of some users, in the same form; of each verb at most so many in all."""
        for collection in SIGNALS if users else ():
            wanted = {_OWNERS[collection]: {"$in": list(users)}}
            yield from self._read(collection, wanted, [("at", DESCENDING)], _MOST_TOGETHER)

    def _newest(self, collection: str, number: int) -> Iterator[Document]:
        return self._read(collection, {}, [("$natural", DESCENDING)], number)

    def _read(
        self, collection: str, wanted: Document, order: list[tuple[str, int]], number: int
    ) -> Iterator[Document]:
        owner = _OWNERS[collection]
        shown = {owner: 1, "post": 1, "by": 1}
        cursor = self.database[collection].find(wanted, shown, batch_size=_BATCH)
        for each in cursor.sort(order).limit(number):
            if each.get(owner) and each.get("post"):
                yield {"user": each[owner], "post": each["post"], "verb": _verb(collection, each)}

    def watch(self, after: Document | None, wait_ms: int) -> DatabaseChangeStream[Document]:
        """Every change of posts and signals after a position, or from now on.

        It is the database that is watched: the stream of a collection ends when that is dropped.
        """
        followed = [POSTS, *SIGNALS]
        steps: list[Document] = [
            {"$match": {"$or": [{"ns.coll": {"$in": followed}}, {"operationType": "dropDatabase"}]}}
        ]
        return self.database.watch(
            steps,
            full_document="updateLookup",
            resume_after=after,
            max_await_time_ms=wait_ms,
            batch_size=_BATCH,
        )


def whose(change: Document) -> tuple[str, str] | None:
    """Who did something with which post, by a change of a signal; None if that does not say it.

    Of one that was taken back only its id is known: a share's says nothing.
    """
    document = change.get("fullDocument") or {}
    owner = _OWNERS[change["ns"]["coll"]]
    if document.get(owner) and document.get("post"):
        return str(document[owner]), str(document["post"])
    user, _, rest = str(change["documentKey"]["_id"]).partition("|")
    return (user, rest.partition("|")[0]) if rest else None


def _lately(user: str, collection: str) -> list[Document]:
    shown = {"post": 1, "at": 1, "tag": 1, "verb": {"$literal": collection}, "by": 1}
    if collection == HIDDEN:
        shown = {"post": 1, "subreddit": 1, "verb": {"$literal": collection}}
    return [
        {"$match": {_OWNERS[collection]: user}},
        {"$sort": {"at": DESCENDING}},
        {"$limit": _MOST_HIDDEN if collection == HIDDEN else MOST_SIGNALS},
        {"$project": shown},
    ]


def _signals(found: Iterable[Document]) -> list[Signal]:
    signals = [_signal(each) for each in found]
    return sorted(signals, key=lambda signal: signal.at, reverse=True)


def _hidden(newest: Sequence[Document]) -> Hidden:
    posts = frozenset(each["post"] for each in newest if each.get("post"))
    places = frozenset(each["subreddit"] for each in newest if each.get("subreddit"))
    return Hidden(posts, places, complete=len(newest) < _MOST_HIDDEN)


def _signal(found: Document) -> Signal:
    verb = _verb(found["verb"], found)
    return Signal(str(found["post"]), verb, found["at"], str(found.get("tag") or ""))  # type: ignore[arg-type]


def _verb(collection: str, found: Document) -> str:
    if collection == TAGS:
        return "rule" if found.get("by") == "rule" else "tag"
    return {LIKES: "like", SHARES: "share"}[collection]


def _ids(user: str, posts: Iterable[str]) -> list[str]:
    return [f"{user}|{post}" for post in posts]
