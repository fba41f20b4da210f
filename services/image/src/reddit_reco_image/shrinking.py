"""The process that decodes one picture: bytes in, smaller WebPs out, within hard limits.

`python -m reddit_reco_image.shrinking <pixels> <bytes of memory> <seconds>`; the picture on stdin.
It writes each width's WebP behind its length in 4 bytes, or a reason, and ends with REFUSED.
"""

import resource
import struct
import sys
from collections.abc import Callable
from io import BytesIO

from PIL import GifImagePlugin, Image, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from PIL.ImageFile import ImageFile

WIDTHS = (160, 320, 640, 1280)
REFUSED = 3
LENGTH = struct.Struct(">I")
_LONGEST_SIDE = 20_000
# A picture is at most twice as high as wide; a longer one becomes narrower.
_HEIGHTS = 2
_QUALITY = 80


class NotTaken(Exception):
    """The picture is refused; the message is the reason, in kebab case."""


def opener(raw: bytes) -> Callable[[BytesIO], ImageFile]:
    """The one decoder that the first bytes ask for: no other sees the picture.

    Raises:
        NotTaken: it is none of the four formats.
    """
    if raw.startswith(b"\xff\xd8\xff"):
        return JpegImagePlugin.JpegImageFile
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImagePlugin.PngImageFile
    if raw.startswith((b"GIF87a", b"GIF89a")):
        return GifImagePlugin.GifImageFile
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile
    raise NotTaken("format")


def shrunk(raw: bytes, most_pixels: int) -> list[bytes]:
    """The picture as WebP in each width, without its metadata, never larger than it is.

    Raises:
        NotTaken: it is no picture, broken, or too large once decoded.
    """
    try:
        with opener(raw)(BytesIO(raw)) as image:
            _check_size(*image.size, most_pixels)
            image.draft("RGB", (WIDTHS[-1], _HEIGHTS * WIDTHS[-1]))
            image.load()
            shown = ImageOps.exif_transpose(_plain(image))
    except (MemoryError, NotTaken):
        raise
    except Exception:
        # Pillow raises what its decoders happen upon: OSError, SyntaxError, struct.error ...
        raise NotTaken("broken") from None
    found = []
    for width in reversed(WIDTHS):
        shown.thumbnail((width, _HEIGHTS * width))
        found.append(_webp(shown))
    return found[::-1]


def _check_size(width: int, height: int, most_pixels: int) -> None:
    if width * height > most_pixels or max(width, height) > _LONGEST_SIDE:
        raise NotTaken("pixels")


def _plain(image: Image.Image) -> Image.Image:
    see_through = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    return image.convert("RGBA" if see_through else "RGB")


def _webp(image: Image.Image) -> bytes:
    out = BytesIO()
    # Explicitly nothing: Pillow would copy what the source carried along.
    image.save(out, "WEBP", quality=_QUALITY, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return out.getvalue()


def _limit(memory: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def main(pixels: str, memory: str, seconds: str) -> int:
    """Shrink the picture on stdin; the exit code."""
    raw = sys.stdin.buffer.read()
    _limit(int(memory), int(seconds))
    try:
        found = shrunk(raw, int(pixels))
    except (MemoryError, NotTaken) as error:
        reason = str(error) if isinstance(error, NotTaken) else "pixels"
        sys.stdout.write(reason)
        return REFUSED
    for each in found:
        sys.stdout.buffer.write(LENGTH.pack(len(each)) + each)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
