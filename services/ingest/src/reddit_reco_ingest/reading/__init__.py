"""Reading files of any size in bounded memory: decompression, lines, JSON documents."""

from .chunks import Chunks
from .expand import Limits, expand
from .json_records import json_records, parse
from .lines import TooLong, pieces
from .source import Counted

__all__ = ["Chunks", "Counted", "Limits", "TooLong", "expand", "json_records", "parse", "pieces"]
