"""What this service can be told by environment variables."""

from collections.abc import Iterable

from pydantic import Field

from reddit_reco_chassis import Settings


class IngestSettings(Settings):
    """The settings of every service, and those of ingest."""

    posts_url: str = Field(
        "", description="Where the posts service is; posts are written through it."
    )
    like_url: str = Field("", description="Where the like service is, for imported likes.")
    hide_url: str = Field("", description="Where the hide service is, for imported hidden posts.")
    tag_url: str = Field("", description="Where the tag service is, for imported tags.")
    share_url: str = Field("", description="Where the share service is, for imported shares.")
    import_dir: str = Field(
        "", description="Folder below which files may be imported by their path; none if empty."
    )
    import_workers: int = Field(2, ge=1, le=8, description="Imports that one pod runs at once.")
    import_lease_seconds: int = Field(
        30,
        ge=2,
        le=600,
        description="How long a dead pod's imports wait before another resumes them.",
    )
    max_upload_bytes: int = Field(
        2 * 1024**3, ge=1024, description="Largest file that can be uploaded, in bytes."
    )
    max_export_bytes: int = Field(
        256 * 1024**2,
        ge=1024,
        description="Largest file that a user without the scope posts:write can upload, in bytes.",
    )
    imports_per_user: int = Field(
        3,
        ge=1,
        description="Imports of a user without the scope posts:write whose files are kept at once: "
        "waiting, running or failed.",
    )
    max_expanded_bytes: int = Field(
        256 * 1024**3, ge=1024, description="Largest size of a compressed file's content, in bytes."
    )
    zstd_window_bytes: int = Field(
        32 * 1024**2,
        ge=1024,
        le=2**31,
        description="Largest window of a .zst file, in bytes. Each running import takes that much "
        "memory: with 2 GiB, for dumps made with --long=31, give the pod the memory, too.",
    )
    rejected_kept: int = Field(
        10_000, ge=0, description="Rejected records kept of an import; more are only counted."
    )
    failed_upload_days: int = Field(
        7, ge=0, description="How long the file of a failed import is kept for a resume."
    )

    def urls(self, verbs: Iterable[str]) -> dict[str, str]:
        """Where each of these services is; empty where nobody said it."""
        return {verb: getattr(self, f"{verb}_url") for verb in verbs}
