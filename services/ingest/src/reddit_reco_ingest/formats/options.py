"""What a format is told about a file beside its bytes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Told by whoever imports, or by the file's name.

    Attributes:
        path: the file's name, with its folders if they are known.
        subreddit: for posts that do not say it themselves.
        site: a Stack Exchange site, as in `bicycles.meta`.
        user: whose records they are, where the file does not say it.
    """

    path: str = ""
    subreddit: str | None = None
    site: str | None = None
    user: str = ""

    @property
    def stem(self) -> str:
        """The file's name without folders and endings."""
        return self.path.replace("\\", "/").rpartition("/")[2].partition(".")[0]
