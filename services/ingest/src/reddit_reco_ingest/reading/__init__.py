"""Reading files of any size in bounded memory: decompression, lines, JSON documents."""

from .archive import ZIP, Archive
from .chunks import Chunks
from .expand import Expanded, Limits, expand
from .json_records import json_records, parse
from .lines import TooLong, pieces
from .source import Counted

__all__ = [
    "ZIP",
    "Archive",
    "Chunks",
    "Counted",
    "Expanded",
    "Limits",
    "TooLong",
    "expand",
    "json_records",
    "parse",
    "pieces",
]
