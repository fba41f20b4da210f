"""Ask the posts service, which alone knows what a post links to, and whether it is still there."""

from typing import Any
from urllib.parse import quote

import httpx2

from reddit_reco_chassis import ServiceClient

from .domain import PostDeleted, PostsAway, PostUnknown

Json = dict[str, Any]


class Posts:
    """The posts service.

    Args:
        client: calls it.
    """

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    def get(self, post: str, authorization: str | None = None) -> Json:
        """A post.

        Args:
            post: its id.
            authorization: the reader's own header, where reading needs a token.

        Raises:
            PostUnknown, PostDeleted: there is none.
            PostsAway: nobody can say.
        """
        headers = {"Authorization": authorization} if authorization else {}
        try:
            path = f"/api/v1/posts/{quote(post, safe=':')}"
            response = self._client.request("GET", path, headers=headers)
            found: Json = response.json() if response.status_code == 200 else {}
        except (httpx2.TransportError, ValueError):
            raise PostsAway from None
        if response.status_code == 404:
            raise PostUnknown
        if response.status_code == 410:
            raise PostDeleted
        if response.status_code != 200:
            raise PostsAway
        return found

    def start(self) -> None:
        """Nothing: connections are made as they are needed."""

    def stop(self) -> None:
        """Let go of the connections."""
        self._client.close()
