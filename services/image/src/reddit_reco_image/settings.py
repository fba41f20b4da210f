"""What this service can be told by environment variables."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from reddit_reco_chassis import Settings

from .addresses import networks
from .connecting import loopback_socket


class ImageSettings(Settings):
    """The settings of every service, and what a picture may cost."""

    posts_url: str = Field(
        "",
        description="Address of posts, which says what a post links to, and whether it is there.",
    )
    threads: int = Field(
        24,
        ge=2,
        le=256,
        description="Requests answered at once by one pod; more than `FETCHES_AT_ONCE` and "
        "`WAITING_AT_ONCE`, so that pictures from the cache never wait for others' servers.",
    )
    fetches_at_once: int = Field(
        8, ge=1, le=64, description="Pictures fetched at once by one pod; others wait."
    )
    waiting_at_once: int = Field(
        8,
        ge=0,
        le=64,
        description="Requests that wait for their turn to fetch, as the pictures of one page do; "
        "more is a 503.",
    )
    connect_seconds: float = Field(
        3, gt=0, le=30, description="How long a name's lookup, and a connection, may take."
    )
    fetch_seconds: float = Field(
        10, gt=0, le=60, description="How long a fetch may take in all, redirects included."
    )
    max_picture_bytes: int = Field(
        10 * 1024 * 1024, ge=1024, description="Largest picture that is fetched, in bytes."
    )
    max_pixels: int = Field(
        20_000_000, ge=1_000, description="Most pixels that a picture may have, decoded."
    )
    decoders_at_once: int = Field(
        1, ge=1, le=16, description="Pictures decoded at once by one pod, each in its own process."
    )
    decode_megabytes: int = Field(
        384, ge=128, description="Address space of a process that decodes, in MiB."
    )
    cache_max_bytes: int = Field(
        1024**3,
        ge=1024**2,
        description="Size of all kept pictures, in bytes; those least used go first.",
    )
    keep_days: int = Field(30, ge=1, le=365, description="How long a picture is kept, in days.")
    refused_seconds: int = Field(
        86_400, ge=1, description="How long it is remembered that a picture was refused or is gone."
    )
    failed_seconds: int = Field(
        600, ge=1, description="How long it is remembered that a server did not answer."
    )
    refused_networks: str = Field(
        "",
        description="More networks that are never connected to, with commas between: public "
        "addresses that are your own, such as a cluster's.",
    )
    test_picture_server: str = Field(
        "",
        description="For tests only: `127.0.0.1:<port>`, the one loopback socket that is let "
        "through. Any other form ends the process, and so does a `HOST` that is not loopback.",
    )

    @field_validator("refused_networks")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        networks(value)
        return value

    @model_validator(mode="after")
    def _for_tests_only(self) -> Self:
        if self.test_picture_server:
            loopback_socket(self.test_picture_server)
            if self.host != "127.0.0.1":
                raise ValueError("TEST_PICTURE_SERVER is for tests, with HOST=127.0.0.1")
        return self
