"""Imports as they are shown over HTTP."""

from dataclasses import asdict
from typing import Any

from flask import request

from .domain import Counts

Document = dict[str, Any]


def href(import_id: str, rest: str = "") -> str:
    """The path of an import, or of something below it, as seen from outside."""
    return f"{request.script_root}/api/v1/imports/{import_id}{rest}"


def import_document(stored: Document) -> Document:
    """An import, and how far it is."""
    import_id, size = stored["_id"], stored["size"]
    done = size if stored["state"] == "done" else min(stored["offset"], size)
    return {
        "id": import_id,
        "state": stored["state"],
        "format": stored["format"],
        "name": stored.get("name"),
        "by": stored["by"],
        "reason": stored.get("reason"),
        "counts": asdict(Counts()) | stored["counts"],
        "bytes_total": size,
        "bytes_done": done,
        "progress": round(done / size, 4) if size else 0.0,
        "created_at": stored["created_at"],
        "started_at": stored.get("started_at"),
        "finished_at": stored.get("finished_at"),
        "_links": _links(stored),
    }


def rejected_document(stored: Document) -> Document:
    """A rejected record."""
    return {name: stored[name] for name in ("line", "reason", "field", "excerpt")}


def _links(stored: Document) -> dict[str, dict[str, str]]:
    import_id = stored["_id"]
    links = {
        "self": href(import_id),
        "rejected": href(import_id, "/rejected"),
        "rejected_ndjson": href(import_id, "/rejected.ndjson"),
    }
    if stored["state"] == "done":
        links["result"] = href(import_id, "/result")
    if stored["state"] == "failed":
        links["resume"] = href(import_id, "/resume")
    return {name: {"href": target} for name, target in links.items()}
