"""The service as it runs in a pod."""

from typing import Any

import httpx2
from pymongo.database import Database

from reddit_reco_chassis import Settings
from reddit_reco_local.kit.following import serves_tells_how_far_sync_is_and_ends_on_sigterm


def test_it_serves_tells_how_far_sync_is_and_ends_on_sigterm(
    settings: Settings, database: Database[dict[str, Any]], headers: Any, eventually: Any
) -> None:
    def ask(url: str) -> None:
        mine = headers("user:ann")
        assert httpx2.put(f"{url}/api/v1/likes/reddit:1", headers=mine).status_code == 201

    serves_tells_how_far_sync_is_and_ends_on_sigterm(
        "like", "erasures", settings=settings, database=database, eventually=eventually, ask=ask
    )
