"""The reference of the services' interfaces, made from what each says of itself."""

from flask import Blueprint, Response, abort, current_app, jsonify, request

from . import problems
from .asking import ask, page, settings
from .documents import Documents, Kept
from .errors import error_page

DOCUMENTS = "reddit_reco_web_documents"
MINUTES = 5

reference = Blueprint("reference", __name__, url_prefix="/reference")


@reference.get("")
def overview() -> Response:
    """All services and what each can be asked."""
    verbs = tuple(settings().addresses())
    found, missing = _documents().of(verbs, ask)
    services = {verb: one.reference for verb, one in found.items()}
    return page(
        "reference.html",
        missing,
        services=services,
        problems=problems.gathered(services),
        root=request.url_root.rstrip("/"),
    )


@reference.get("/<verb>")
def service(verb: str) -> Response:
    """Everything about one service."""
    kept = _document(verb)
    if kept is None:
        return error_page(503, f"The service “{verb}” does not answer right now. Try again soon.")
    verbs = tuple(settings().addresses())
    return page("reference_verb.html", {}, verb=verb, verbs=verbs, service=kept.reference)


@reference.get("/<verb>.json")
def document(verb: str) -> Response:
    """The document as the service gives it, for programs."""
    kept = _document(verb)
    if kept is None:
        abort(503)
    return jsonify(kept.document)


def _document(verb: str) -> Kept | None:
    if verb not in settings().addresses():
        abort(404)
    found, _ = _documents().of((verb,), ask)
    return found.get(verb)


def _documents() -> Documents:
    found: Documents = current_app.extensions[DOCUMENTS]
    return found
