"""What the fetchers can be told by environment variables, beside what every service can."""

from pydantic import Field

from reddit_reco_chassis import Settings

from .. import __version__


class FetchSettings(Settings):
    """Where the sources are, and who asks."""

    posts_url: str = Field("http://localhost:8080", description="Where the posts service is.")
    fetch_user_agent: str = Field(
        f"reddit-reco/{__version__}",
        pattern=r"^[ -~]{1,200}$",
        description="Says who asks. Reddit wants `<platform>:<app>:<version> (by /u/<name>)`.",
    )
    fetch_tries: int = Field(
        6, ge=1, le=20, description="How often a request is made before the run ends in an error."
    )
    fetch_pause_seconds: float = Field(
        1.0,
        ge=0,
        le=60,
        description="Pause before the second try, doubled each time, if the source names none.",
    )
    reddit_url: str = Field("https://oauth.reddit.com", description="Reddit's API.")
    reddit_auth_url: str = Field("https://www.reddit.com", description="Where tokens come from.")
    reddit_credentials: str = Field(
        "", description="Folder with the files `client-id` and `client-secret` of the Reddit app."
    )
    reddit_requests_per_minute: int = Field(
        60, ge=1, le=100, description="Requests a minute at most; Reddit allows 100."
    )
    hn_url: str = Field("https://hacker-news.firebaseio.com", description="The API of Hacker News.")
    hn_concurrency: int = Field(4, ge=1, le=10, description="Items that are asked for at once.")
