"""`python -m reddit_reco_mongodb COMMAND`; `--help` lists the commands."""

import argparse
import logging
import sys
from pathlib import Path

from .settings import Stop


def main(arguments: list[str] | None = None) -> None:
    """Run the command that the arguments name. What it needs is loaded only then."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr if given.command == "backup" else sys.stdout,
        format=f"%(asctime)s {given.command}: %(message)s",
    )
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    try:
        _run(given)
    except Stop as stop:
        sys.exit(f"{given.command}: {stop}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="reddit_reco_mongodb", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("agent", help="sidecar of a mongod: bootstrap and probes")
    keyfile = commands.add_parser("keyfile", help="copy the keyfile, mode 0400")
    keyfile.add_argument("source", type=Path)
    keyfile.add_argument("target", type=Path)
    commands.add_parser("state", help="print PRIMARY, SECONDARY, ...: what mongod here is")
    commands.add_parser("users", help="make MongoDB's users and roles match USERS_FILE")
    commands.add_parser("secrets", help="create the release's Secrets that are missing")
    commands.add_parser("backup", help="write all data to standard output, as a tar file")
    restore = commands.add_parser("restore", help="read a backup from standard input")
    restore.add_argument(
        "--replace", action="store_true", required=True, help="yes, all that is there goes"
    )
    restore.add_argument(
        "--keep", action="append", default=[], metavar="DB.COLLECTION", help="what stays as well"
    )
    token = commands.add_parser("token", help="print a signed token")
    token.add_argument("--key-file", type=Path, required=True, help="private JWK")
    token.add_argument("--sub", required=True, help="subject, e.g. admin or user:17")
    token.add_argument("--scope", default="", help="scopes, separated by spaces")
    token.add_argument("--ttl", type=int, default=3600, help="seconds it is valid for")
    keys = commands.add_parser("new-keys", help="write key.json and jwks.json")
    keys.add_argument("folder", type=Path)
    rotate = commands.add_parser("rotate-key", help="put a new key beside the one in key.json")
    rotate.add_argument("folder", type=Path, help="with key.json; jwks.json is written there, too")
    rotate.add_argument("--drop-old", action="store_true", help="the old key was stolen")
    return parser


def _run(given: argparse.Namespace) -> None:
    match given.command:
        case "agent":
            from . import agent  # noqa: PLC0415

            agent.run()
        case "keyfile":
            from . import keyfile  # noqa: PLC0415

            keyfile.copy(given.source, given.target)
        case "state":
            from .node import Node, state_of  # noqa: PLC0415

            print(state_of(Node("127.0.0.1:27017").answers() or {}))
        case "users":
            from . import users  # noqa: PLC0415

            users.run()
        case "secrets":
            from . import secrets  # noqa: PLC0415

            secrets.run()
        case "backup":
            from . import backup  # noqa: PLC0415

            backup.run()
        case "restore":
            from . import restore  # noqa: PLC0415

            restore.run(given.keep)
        case "token":
            from . import keys  # noqa: PLC0415

            print(keys.token(given.key_file, given.sub, given.scope, given.ttl))
        case "rotate-key":
            from . import keys  # noqa: PLC0415

            keys.rotate(given.folder, drop=given.drop_old)
        case _:
            from . import keys  # noqa: PLC0415

            keys.new_keys(given.folder)


if __name__ == "__main__":
    main()
