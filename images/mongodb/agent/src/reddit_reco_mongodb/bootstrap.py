"""From an empty mongod to a member of a working replica set, one step at a time.

Every step asks the database where it stands and does the next thing, so that it goes on from any
half-state.
"""

from dataclasses import dataclass

from pymongo.errors import OperationFailure, PyMongoError

from .node import STATES, Node, state_of
from .settings import Credentials, ReplicaSet

UNAUTHORIZED, AUTHENTICATION_FAILED, ALREADY_INITIALIZED = 13, 18, 23
_WORKING = frozenset({1, 2})


@dataclass(frozen=True)
class Progress:
    """Where a step left things: a line for people, and whether nothing is left to do here."""

    line: str
    settled: bool = False


class Bootstrap:
    """Brings up one member.

    Args:
        wanted: the replica set as it is to be.
        ordinal: which member this is; the first one initiates the set.
        credentials: the root user to create.
        local: address of this member on loopback, where the localhost exception holds.
    """

    def __init__(
        self, wanted: ReplicaSet, ordinal: int, credentials: Credentials, local: str
    ) -> None:
        self._wanted = wanted
        self._ordinal = ordinal
        self._credentials = credentials
        self._local = Node(local)
        self._root = Node(local, credentials)
        self._peers = {member: Node(member) for member in wanted.members}

    def step(self) -> Progress:
        """Do the next thing that is missing, if it is this member's turn."""
        try:
            return self._next()
        except PyMongoError as error:
            return Progress(f"mongod: {_first_line(error)}")

    def _next(self) -> Progress:
        hello = self._local.hello()
        name = hello.get("setName")
        if name is None:
            return self._initiate_if_mine()
        if name != self._wanted.name:
            return Progress(f"this mongod is in the set {name}, not in {self._wanted.name}")
        state = state_of(hello)
        if state != "PRIMARY":
            return Progress(
                f"{state}, primary is {hello.get('primary', 'unknown')}", state == "SECONDARY"
            )
        return self._complete_primary()

    def _initiate_if_mine(self) -> Progress:
        if self._ordinal != 0:
            return Progress("not initiated: the first member does that, or has lost its primary")
        for member, node in self._peers.items():
            hello = node.answers()
            if hello is None:
                return Progress(f"not initiated: waiting for {member} to answer")
            if hello.get("setName"):
                return Progress(f"not initiated: waiting for {member} to take this member back in")
        return self._initiate()

    def _initiate(self) -> Progress:
        members = [{"_id": i, "host": host} for i, host in enumerate(self._wanted.members)]
        config = {"_id": self._wanted.name, "members": members}
        try:
            self._local.run("replSetInitiate", config)
        except OperationFailure as error:
            if error.code != ALREADY_INITIALIZED or not self._is_initiated_as_wanted():
                return Progress(f"not initiated: {_first_line(error)}")
        return Progress(f"initiated {self._wanted.name} with {len(members)} members")

    def _is_initiated_as_wanted(self) -> bool:
        hello = self._local.hello()
        same_members = set(hello.get("hosts", ())) == set(self._wanted.members)
        return hello.get("setName") == self._wanted.name and same_members

    def _complete_primary(self) -> Progress:
        if not self._has_root():
            return self._create_root()
        if not self._has_default_write_concern():
            self._root.run("setDefaultRWConcern", defaultWriteConcern={"w": "majority"})
            return Progress("PRIMARY: default write concern is now majority")
        return self._add_missing_member()

    def _has_root(self) -> bool:
        try:
            self._root.run("ping")
        except OperationFailure as error:
            if error.code == AUTHENTICATION_FAILED:
                return False
            raise
        return True

    def _create_root(self) -> Progress:
        """The localhost exception lets only the first user be made without logging in."""
        try:
            self._local.run(
                "createUser",
                self._credentials.username,
                pwd=self._credentials.password,
                roles=[{"role": "root", "db": "admin"}],
                mechanisms=["SCRAM-SHA-256"],
                writeConcern={"w": "majority", "wtimeout": 20_000},
            )
        except OperationFailure as error:
            if error.code != UNAUTHORIZED:
                raise
            return Progress("PRIMARY: the root password of the Secret is not the database's")
        return Progress("PRIMARY: created the root user")

    def _has_default_write_concern(self) -> bool:
        found = self._root.run("getDefaultRWConcern")
        explicit = found.get("defaultWriteConcernSource", "global") == "global"
        return bool(explicit and found.get("defaultWriteConcern", {}).get("w") == "majority")

    def _add_missing_member(self) -> Progress:
        """One at a time, and the next one only when all others work: a majority stays all along."""
        config = self._root.run("replSetGetConfig")["config"]
        present = [member["host"] for member in config["members"]]
        missing = [host for host in self._wanted.members if host not in present]
        if surplus := set(present) - set(self._wanted.members):
            # Never removed here: while the chart rolls, some members still have the old list.
            return Progress(
                f"PRIMARY; members no longer wanted: {', '.join(sorted(surplus))}", True
            )
        if not missing:
            return Progress("PRIMARY", True)
        if waiting := self._not_working():
            return Progress(f"PRIMARY: waiting for {waiting} before adding {missing[0]}")
        return self._add(missing[0], config)

    def _not_working(self) -> str | None:
        for member in self._root.run("replSetGetStatus")["members"]:
            if member["state"] not in _WORKING:
                return f"{member['name']} ({STATES.get(member['state'], member['state'])})"
        return None

    def _add(self, host: str, config: dict[str, object]) -> Progress:
        hello = self._peers[host].answers()
        if hello is None:
            return Progress(f"PRIMARY: waiting for {host} to answer, to add it")
        if hello.get("setName"):
            return Progress(f"PRIMARY: {host} is in a set already; it is not added")
        members = list(config["members"])  # type: ignore[call-overload]
        new = {"_id": 1 + max(member["_id"] for member in members), "host": host}
        version = int(str(config["version"])) + 1
        self._root.run(
            "replSetReconfig", {**config, "version": version, "members": [*members, new]}
        )
        return Progress(f"PRIMARY: added {host}")


def _first_line(error: Exception) -> str:
    return str(error).split(", full error")[0].splitlines()[0][:300]
