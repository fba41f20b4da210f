"""`python -m reddit_reco_ingest.fetch reddit|hn`: one run, from where the last ended."""

import argparse
import logging
import re
import signal
import sys
import threading

from pymongo.errors import PyMongoError

from reddit_reco_chassis import Mongo, SettingsError

from ..formats.hn import item_of as hn_item
from ..pipeline import Stopped
from ..sending import Away, Receivers, SendError
from . import hn, reddit
from .client import Client, NotThere, SourceError
from .positions import Positions
from .settings import FetchSettings
from .writing import Writer

log = logging.getLogger("reddit_reco_ingest.fetch")
DONE, FAILED, USAGE = 0, 1, 2
_NAME = re.compile(r"[A-Za-z0-9_]{2,21}")
_PATIENCE_SECONDS = 120.0


def main(arguments: list[str]) -> int:
    """Run once; gives the exit code."""
    given = _parser().parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        settings = FetchSettings.from_env()
        logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(message)s")
        return _run(given, settings, stopping)
    except SettingsError as error:
        return _end(str(error), USAGE)
    except Stopped:
        return _end("stopped; the next run goes on from here", DONE)
    except (SourceError, SendError, Away, PyMongoError, OSError) as error:
        return _end(f"failed: {error}", FAILED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reddit_reco_ingest.fetch", description=__doc__)
    sources = parser.add_subparsers(dest="source", required=True)
    of_reddit = sources.add_parser("reddit", help="listings of subreddits")
    of_reddit.add_argument("--subreddit", action="append", required=True, type=_subreddit)
    of_reddit.add_argument("--order", action="append", choices=reddit.ORDERS)
    of_hn = sources.add_parser("hn", help="Hacker News")
    of_hn.add_argument("--most", type=int, default=5_000, help="items a run (%(default)s)")
    return parser


def _subreddit(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise argparse.ArgumentTypeError(f"{name[:40]!r} is no subreddit's name")
    return name


def _run(given: argparse.Namespace, settings: FetchSettings, stopping: threading.Event) -> int:
    mongo = Mongo(settings)
    urls = {"posts": settings.posts_url}
    waited = [0.0]

    def wait(seconds: float) -> bool:
        waited[0] += seconds
        return stopping.wait(seconds) or waited[0] > _PATIENCE_SECONDS

    per_minute = settings.reddit_requests_per_minute if given.source == "reddit" else 0
    with (
        Receivers(urls, settings.service_token_file, wait) as receivers,
        Client(settings, stopping, per_minute) as client,
        mongo.client,
    ):
        positions = Positions(mongo.database)
        if given.source == "reddit":
            writer = Writer(receivers, reddit.item_of)
            code = _listings(given, reddit.Reddit(client, settings), positions, writer)
        else:
            writer = Writer(receivers, hn_item)
            hn.fetch(hn.HackerNews(client, settings), positions, writer, given.most)
            code = DONE
    return _end(f"done: {writer.counts}", code)


def _listings(
    given: argparse.Namespace, source: reddit.Reddit, positions: Positions, writer: Writer
) -> int:
    """Every subreddit; one that is private, banned or mistyped does not stop the others."""
    missing = []
    for subreddit in given.subreddit:
        try:
            for order in given.order or reddit.ORDERS:
                reddit.fetch(source, positions, writer, subreddit, order)
        except NotThere as error:
            log.warning("r/%s: %s", subreddit, error)
            missing.append(subreddit)
    return FAILED if len(missing) == len(given.subreddit) else DONE


def _end(line: str, code: int) -> int:
    stream = sys.stdout if code == DONE else sys.stderr
    stream.write(f"{line}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
