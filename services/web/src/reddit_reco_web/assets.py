"""Static files under names that carry a hash of their content: browsers keep them for good."""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "static"
_HASH_DIGITS = 12
_HASHED = re.compile(rf"(?P<stem>[\w.-]+)\.(?P<digest>[0-9a-f]{{{_HASH_DIGITS}}})\.(?P<suffix>\w+)")


@dataclass(frozen=True)
class Asset:
    """A static file, held in memory; compressed, too, where that makes it smaller."""

    content: bytes
    digest: str
    media_type: str
    zipped: bytes | None


@cache
def assets() -> dict[str, Asset]:
    """File name -> asset, for every file in the folder."""
    return {path.name: _read(path) for path in sorted(_FOLDER.iterdir()) if path.is_file()}


def hashed_name(name: str) -> str:
    """`site.css` -> `site.<hash>.css`."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.{assets()[name].digest}{dot}{suffix}"


def find(hashed: str) -> tuple[Asset, bool] | None:
    """The asset behind a hashed name, and whether the hash is the one of its content.

    The hash of another version is answered too: while two versions run side by side, a page of the
    one may ask a pod of the other for its style sheet.
    """
    parts = _HASHED.fullmatch(hashed)
    asset = assets().get(f"{parts['stem']}.{parts['suffix']}") if parts else None
    return (asset, asset.digest == parts["digest"]) if parts and asset else None


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    if path.suffix == ".css":
        content = _tight(content)
    digest = hashlib.sha256(content).hexdigest()[:_HASH_DIGITS]
    zipped = gzip.compress(content, 9, mtime=0)
    return Asset(
        content, digest, _media_type(path.name), zipped if len(zipped) < len(content) else None
    )


def _tight(style: bytes) -> bytes:
    """A style sheet without comments and the spaces that only its authors need."""
    style = re.sub(rb"/\*.*?\*/", b"", style, flags=re.DOTALL)
    style = re.sub(rb"\s*\n\s*", b" ", style)
    return re.sub(rb"\s*([{};,])\s*", rb"\1", style).replace(b";}", b"}").strip()


def _media_type(name: str) -> str:
    guessed, _ = mimetypes.guess_type(name)
    if name.endswith((".css", ".js", ".svg", ".txt")):
        kind = "text/javascript" if name.endswith(".js") else guessed or "text/plain"
        return f"{kind}; charset=utf-8"
    return guessed or "application/octet-stream"
