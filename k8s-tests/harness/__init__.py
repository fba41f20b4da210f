"""What the tests do with a cluster: ask it, wait for it, break it."""

from .forward import forwarded
from .posts import delete_post, found, import_file, put_post
from .reads import Reads
from .release import Release, kill
from .traffic import Traffic
from .versions import gateway_of, next_image
from .waiting import wait_until

__all__ = [
    "Reads",
    "Release",
    "Traffic",
    "delete_post",
    "forwarded",
    "found",
    "gateway_of",
    "import_file",
    "kill",
    "next_image",
    "put_post",
    "wait_until",
]
