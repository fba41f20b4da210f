"""Ids of documents. They may be of any BSON type, and some of those cannot be hashed."""

from typing import Any

from bson import encode


def key_of(it: Any) -> bytes:
    """Something hashable that is equal for equal ids and for no others."""
    return encode({"": it})


def distinct(ids: list[Any]) -> list[Any]:
    """Each id once."""
    return list({key_of(it): it for it in ids}.values())
