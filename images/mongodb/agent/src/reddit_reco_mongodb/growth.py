"""Taking members into a replica set that runs, by its primary's agent or by the new member's.

Both are needed. A StatefulSet rolls from its last pod to its first, and waits for each to be Ready:
when a set of one grows, its primary's agent hears of the new members only once they are in.
"""

from collections.abc import Mapping

from .node import STATES, Node
from .progress import Progress
from .settings import Credentials, ReplicaSet

_WORKING = frozenset({1, 2})


def primary_of(wanted: ReplicaSet, peers: Mapping[str, Node]) -> str | None:
    """Address of the primary, as the members that are in the set know it."""
    for node in peers.values():
        hello = node.answers() or {}
        if hello.get("setName") == wanted.name and hello.get("primary"):
            return str(hello["primary"])
    return None


def ask_primary(
    wanted: ReplicaSet, peers: Mapping[str, Node], credentials: Credentials
) -> Progress:
    """Have the primary take in what is missing; for a member that is in no set yet."""
    primary = primary_of(wanted, peers)
    if primary is None:
        return Progress("not initiated: the first member does that, or has lost its primary")
    progress = add_missing(Node(primary, credentials), wanted, peers)
    return Progress(f"not in the set yet; {primary} is {progress.line}")


def add_missing(primary: Node, wanted: ReplicaSet, peers: Mapping[str, Node]) -> Progress:
    """One at a time, and the next one only when all others work: a majority stays all along."""
    config = primary.run("replSetGetConfig")["config"]
    present = [member["host"] for member in config["members"]]
    if surplus := set(present) - set(wanted.members):
        # Never removed here: while the chart rolls, some members still have the old list.
        return Progress(f"PRIMARY; members no longer wanted: {', '.join(sorted(surplus))}", True)
    missing = [host for host in wanted.members if host not in present]
    if not missing:
        return Progress("PRIMARY", True)
    if waiting := _not_working(primary):
        return Progress(f"PRIMARY: waiting for {waiting} before adding {missing[0]}")
    return _add(primary, missing[0], peers, config)


def _not_working(primary: Node) -> str | None:
    for member in primary.run("replSetGetStatus")["members"]:
        if member["state"] not in _WORKING:
            return f"{member['name']} ({STATES.get(member['state'], member['state'])})"
    return None


def _add(
    primary: Node, host: str, peers: Mapping[str, Node], config: dict[str, object]
) -> Progress:
    hello = peers[host].answers()
    if hello is None:
        return Progress(f"PRIMARY: waiting for {host} to answer, to add it")
    if hello.get("setName"):
        return Progress(f"PRIMARY: {host} is in a set already; it is not added")
    members = list(config["members"])  # type: ignore[call-overload]
    new = {"_id": 1 + max(member["_id"] for member in members), "host": host}
    # Of agents that add at once one gets through: the server refuses a version that it has seen.
    version = int(str(config["version"])) + 1
    primary.run("replSetReconfig", {**config, "version": version, "members": [*members, new]})
    return Progress(f"PRIMARY: added {host}")
