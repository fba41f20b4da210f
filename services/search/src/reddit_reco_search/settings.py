"""What this service can be told by environment variables."""

from typing import Literal

from pydantic import Field

from reddit_reco_synced.hiding import HidingSettings


class SearchSettings(HidingSettings):
    """The settings of every service that asks hide, and search's own."""

    search_engine: Literal["tantivy", "mongodb"] = Field(
        "tantivy",
        description="What answers: tantivy (BM25, an index in this pod) or mongodb (its text index "
        "on the title, the baseline to compare with).",
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
