"""From an empty mongod to a member of a working replica set, one step at a time.

Every step asks the database where it stands and does the next thing, so that it goes on from any
half-state.
"""

from pymongo.errors import OperationFailure, PyMongoError

from . import growth
from .node import Node, state_of
from .progress import Progress, first_line
from .settings import Credentials, ReplicaSet

UNAUTHORIZED, AUTHENTICATION_FAILED, ALREADY_INITIALIZED = 13, 18, 23


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
            return Progress(f"mongod: {first_line(error)}")

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
            return growth.ask_primary(self._wanted, self._peers, self._credentials)
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
                return Progress(f"not initiated: {first_line(error)}")
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
        return growth.add_missing(self._root, self._wanted, self._peers)

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
