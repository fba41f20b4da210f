"""Reddit's listings, by OAuth as an app of its own (client credentials).

`new` goes down from the newest post to the last one that is known, `top` (of the day) brings what
the scores have become. After each page the position is kept: a run that was ended goes on there.
"""

import base64
import logging
from pathlib import Path
from typing import Any

from ..domain import SKIPPED, Gone, Item, Refused
from ..formats.options import Options
from ..formats.reddit import post_of, reddit_id
from .client import Client, SourceError, Unauthorized
from .positions import Positions
from .settings import FetchSettings
from .writing import Writer

log = logging.getLogger(__name__)
ORDERS = ("new", "top")
_PAGE = 100
# Reddit's listings end after some thousand posts.
_MOST_PAGES = 10


class Reddit:
    """The API, with a token that is fetched when it is needed.

    Raises:
        SourceError: there are no credentials.
    """

    def __init__(self, client: Client, settings: FetchSettings) -> None:
        self._client = client
        self._settings = settings
        self._basic = _basic(settings.reddit_credentials)
        self._token = ""

    def page(self, subreddit: str, order: str, after: str | None) -> tuple[list[Any], str | None]:
        """The things of one page of a listing, and where the next one begins.

        Raises:
            SourceError: the answer is no listing, or none came.
        """
        query = {"limit": str(_PAGE), "raw_json": "1", **({"after": after} if after else {})}
        if order == "top":
            query["t"] = "day"
        url = f"{self._settings.reddit_url}/r/{subreddit}/{order}"
        data = self._get(url, query).get("data")
        if not isinstance(data, dict) or not isinstance(data.get("children"), list):
            raise SourceError(f"{url} answered what is no listing")
        following = data.get("after")
        return data["children"], following if isinstance(following, str) else None

    def _get(self, url: str, query: dict[str, str]) -> dict[str, Any]:
        for fresh in (False, True):
            if fresh or not self._token:
                self._token = self._new_token()
            headers = {"Authorization": f"Bearer {self._token}"}
            try:
                found = self._client.json("GET", url, params=query, headers=headers)
            except Unauthorized:
                if fresh:
                    raise
                continue
            return found if isinstance(found, dict) else {}
        raise AssertionError("unreachable: the second try returns or raises")

    def _new_token(self) -> str:
        answer = self._client.json(
            "POST",
            f"{self._settings.reddit_auth_url}/api/v1/access_token",
            data={"grant_type": "client_credentials"},
            headers={"Authorization": self._basic},
        )
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise SourceError("Reddit gives no token: are the app's credentials right?")
        return token


def fetch(reddit: Reddit, positions: Positions, writer: Writer, subreddit: str, order: str) -> None:
    """Bring in what is new in a listing, from where the last run came to.

    Raises:
        SourceError: the source does not give it.
        Stopped: the run has to end; what was written is kept, and how far it is.
    """
    what = f"reddit:{order}:{subreddit.casefold()}"
    state = positions.of(what)
    # `seen`: the newest post of the last pass that came to its end; `top`: that of this one.
    seen, top, after = state.get("seen", 0), state.get("top", 0), state.get("after")
    for _ in range(_MOST_PAGES):
        things, after = reddit.page(subreddit, order, after)
        fresh = [thing for thing in things if order == "top" or _number(thing) > seen]
        writer.write(fresh)
        top = max([top, *map(_number, things)])
        if after is None or not fresh:
            break
        positions.save(what, {"seen": seen, "top": top, "after": after})
    positions.save(what, {"seen": max(seen, top)})


def item_of(thing: dict[str, Any]) -> Item:
    """The post in a thing of a listing, or that it is deleted: it is deleted here, too, then."""
    data = thing.get("data")
    if thing.get("kind") in ("t1", "more"):
        return SKIPPED
    if thing.get("kind") != "t3" or not isinstance(data, dict):
        raise Refused("not a post (t3)", "kind")
    if data.get("removed_by_category") == "deleted" or data.get("selftext") == "[deleted]":
        return Gone("reddit:" + reddit_id(data))
    return post_of(data, Options(), escaped=False)


def _number(thing: Any) -> int:
    """A post's id as the number that it is: they grow with time; 0 for what has none."""
    try:
        return int(thing["data"]["id"], 36)
    except (KeyError, TypeError, ValueError):
        return 0


def _basic(folder: str) -> str:
    if not folder:
        raise SourceError("REDDIT_CREDENTIALS: where are the app's client-id and client-secret?")
    try:
        found = [
            (Path(folder) / name).read_text().strip() for name in ("client-id", "client-secret")
        ]
    except OSError as error:
        raise SourceError(f"REDDIT_CREDENTIALS: {error.filename}: {error.strerror}") from None
    return "Basic " + base64.b64encode(":".join(found).encode()).decode()
