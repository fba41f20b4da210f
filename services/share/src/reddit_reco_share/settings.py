"""What this service can be told by environment variables."""

from pydantic import Field

from reddit_reco_chassis import Settings


class ShareSettings(Settings):
    """The settings of every service, and how many proxies stand in front of it."""

    trusted_proxies: int = Field(
        1,
        ge=0,
        le=10,
        description="Proxies in front, each of which adds to `X-Forwarded-For`; the visitor's "
        "address is the one that the outermost of them saw. 0: the header is not looked at.",
    )
