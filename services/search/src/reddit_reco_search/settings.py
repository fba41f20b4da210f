"""What this service can be told by environment variables."""

from typing import Literal

from pydantic import Field

from reddit_reco_chassis import Settings


class SearchSettings(Settings):
    """The settings of every service, and search's own."""

    search_engine: Literal["tantivy", "mongodb"] = Field(
        "tantivy",
        description="What answers: tantivy (BM25, an index in this pod) or mongodb (its text index "
        "on the title, the baseline to compare with).",
    )
    hide_url: str = Field(
        "", description="Where hide answers; empty: only the synced copy is looked at."
    )
    hide_deadline_ms: int = Field(
        80,
        ge=1,
        le=5_000,
        description="How long hide is waited for before the copy is used, in ms.",
    )
    index_dir: str = Field(
        "", description="Folder for the index of this pod; the system's temporary one if empty."
    )
    index_heap_mb: int = Field(
        64, ge=16, le=1024, description="Memory of the index writer, in MiB."
    )
    commit_seconds: float = Field(
        0.5, ge=0.05, le=60, description="Least time between two commits of the index, in seconds."
    )
