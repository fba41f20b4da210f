"""What web can be told."""

from pydantic import Field

from reddit_reco_chassis import Settings


class WebSettings(Settings):
    """The chassis's settings, the other services' addresses, and how long a page waits for them."""

    posts_url: str = Field(
        "", description="Address of posts, e.g. `http://reddit-reco-posts:8080`."
    )
    search_url: str = Field("", description="Address of search.")
    ingest_url: str = Field("", description="Address of ingest.")
    fan_out_seconds: float = Field(
        0.7,
        gt=0,
        le=30,
        description="How long a page waits for other services, in seconds, all calls together.",
    )
    page_size: int = Field(20, ge=1, le=50, description="Posts on a page.")
    threads: int = Field(
        32,
        ge=1,
        le=256,
        description="Pages made at once by one pod; they spend their time waiting for services.",
    )

    def addresses(self) -> dict[str, str]:
        """Verb -> address, for the verbs that pages are made of."""
        return {"posts": self.posts_url, "search": self.search_url, "ingest": self.ingest_url}
