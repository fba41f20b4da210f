"""The service as it runs in a pod."""

from typing import Any

import httpx2
from pymongo.database import Database

from reddit_reco_local.kit.following import serves_tells_how_far_sync_is_and_ends_on_sigterm


def test_it_serves_tells_how_far_sync_is_and_ends_on_sigterm(
    make_settings: Any, database: Database[dict[str, Any]], eventually: Any
) -> None:
    def ask(url: str) -> None:
        assert httpx2.get(f"{url}/api/v1/tags").status_code == 401

    settings = make_settings(database.name)
    serves_tells_how_far_sync_is_and_ends_on_sigterm(
        "tag", "posts", settings=settings, database=database, eventually=eventually, ask=ask
    )
