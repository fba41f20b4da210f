"""What the tests do with a cluster: ask it, wait for it, break it."""

from .forward import forwarded
from .posts import delete_post, found, import_file, put_post
from .release import Release
from .traffic import Traffic
from .waiting import wait_until

__all__ = [
    "Release",
    "Traffic",
    "delete_post",
    "forwarded",
    "found",
    "import_file",
    "put_post",
    "wait_until",
]
