"""MongoDB's users and their roles, made to match USERS_FILE on every install and upgrade."""

import logging
import os
import time
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from . import roles
from .settings import Credentials, Environ, ReplicaSet, Stop, number, read_json, read_text, required

log = logging.getLogger(__name__)
Document = dict[str, Any]
MARK = {"managedBy": "reddit-reco"}
_AUTHENTICATION_FAILED = 18


def run(environ: Environ = os.environ) -> None:
    """Wait for the primary, then make users and roles match the file."""
    path = required(environ, "USERS_FILE")
    wanted = read_json(path).get("users")
    if not isinstance(wanted, list):
        raise Stop(f'{path} must hold {{"users": [...]}}')
    replica_set = ReplicaSet.from_env(environ)
    root = Credentials.of_root(environ)
    with _client(replica_set, root) as client:
        _await_primary(client, number(environ, "WAIT_SECONDS", 600))
        Users(client, replica_set).reconcile(wanted)


class Users:
    """The users of one replica set."""

    def __init__(self, client: "MongoClient[Document]", replica_set: ReplicaSet) -> None:
        self._admin = client.admin
        self._replica_set = replica_set

    def reconcile(self, wanted: list[Document]) -> None:
        """Create, change and drop; only users that were made here are ever changed or dropped."""
        for user in wanted:
            if not isinstance(user, dict) or not user.keys() >= {
                "username",
                "password_file",
                "privileges",
            }:
                raise Stop("every user needs username, password_file and privileges")
            self._ensure_role(roles.role_for(user["username"], user["privileges"]))
            self._ensure_user(Credentials(user["username"], read_text(user["password_file"])))
        self._drop_others({user["username"] for user in wanted})

    def _ensure_role(self, role: roles.Role) -> None:
        found = self._admin.command("rolesInfo", role.name, showPrivileges=True)["roles"]
        if not found:
            self._admin.command("createRole", role.name, **role.document())
            log.info("created the role %s", role.name)
        elif roles.role_from(found[0]) != role:
            self._admin.command("updateRole", role.name, **role.document())
            log.info("changed the role %s", role.name)

    def _ensure_user(self, user: Credentials) -> None:
        granted = [{"role": roles.PREFIX + user.username, "db": "admin"}]
        found = self._admin.command("usersInfo", user.username)["users"]
        if not found:
            self._admin.command(
                "createUser",
                user.username,
                pwd=user.password,
                roles=granted,
                mechanisms=["SCRAM-SHA-256"],
                customData=MARK,
            )
            log.info("created the user %s", user.username)
            return
        if found[0].get("customData") != MARK:
            raise Stop(f"there is a user {user.username} that was not made here; drop or rename it")
        if changes := self._changes(user, found[0], granted):
            self._admin.command("updateUser", user.username, **changes)
            log.info("changed the %s of the user %s", ", ".join(changes), user.username)

    def _changes(self, user: Credentials, found: Document, granted: list[Document]) -> Document:
        changes: Document = {}
        if found["roles"] != granted:
            changes["roles"] = granted
        if not self._can_log_in(user):
            changes["pwd"] = user.password
        return changes

    def _can_log_in(self, user: Credentials) -> bool:
        try:
            with _client(self._replica_set, user) as client:
                client.admin.command("ping")
        except OperationFailure as error:
            if error.code == _AUTHENTICATION_FAILED:
                return False
            raise
        return True

    def _drop_others(self, wanted: set[str]) -> None:
        mine = self._admin.command("usersInfo", filter={"customData": MARK})["users"]
        for name in sorted({user["user"] for user in mine} - wanted):
            self._admin.command("dropUser", name)
            log.info("dropped the user %s", name)
        for role in self._admin.command("rolesInfo")["roles"]:
            name = role["role"]
            if name.startswith(roles.PREFIX) and name.removeprefix(roles.PREFIX) not in wanted:
                self._admin.command("dropRole", name)
                log.info("dropped the role %s", name)


def _client(replica_set: ReplicaSet, user: Credentials) -> "MongoClient[Document]":
    return MongoClient(
        list(replica_set.members),
        replicaSet=replica_set.name,
        username=user.username,
        password=user.password,
        authSource="admin",
        authMechanism="SCRAM-SHA-256",
        w="majority",
        serverSelectionTimeoutMS=5_000,
        socketTimeoutMS=30_000,
    )


def _await_primary(client: "MongoClient[Document]", seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            client.admin.command("ping")
        except PyMongoError as error:
            reason = str(error).split(", Timeout:")[0].splitlines()[0][:200]
            log.info("waiting for a primary and its root user: %s", reason)
            if time.monotonic() > deadline:
                raise Stop(
                    f"no primary that takes the root user after {seconds} s: {reason}"
                ) from None
            time.sleep(2)
        else:
            return
