"""Imports over HTTP.

An import is seen by whoever made it, and by admins; to all others it is not there.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import orjson
from flask import Response, current_app, g, jsonify, request
from flask_openapi3 import APIBlueprint
from pydantic import TypeAdapter
from pymongo.database import Database

from reddit_reco_chassis import (
    CursorQuery,
    Problem,
    authenticated,
    current_principal,
    decode_cursor,
    drain,
    encode_cursor,
    page,
)
from reddit_reco_chassis.problems import INVALID_INPUT, MISSING_SCOPE
from reddit_reco_synced import UserErased, is_erased

from .domain import Refused
from .files import Sink, Uploads, file_below
from .formats import FORMATS, Format, Options
from .models import (
    Import,
    ImportPage,
    ImportPath,
    ImportQuery,
    ImportsQuery,
    PathBody,
    RejectedPage,
)
from .problems import (
    CANNOT_RESUME,
    EMPTY_FILE,
    IMPORT_NOT_DONE,
    IMPORT_NOT_FOUND,
    KEY_REUSED,
    TOO_MANY_IMPORTS,
    UPLOAD_TOO_SLOW,
    UPLOAD_UNDER_WAY,
)
from .representation import href, import_document, rejected_document
from .settings import IngestSettings
from .store import Document, ImportStore, KeyUsed
from .uploads import UploadRequest, receive
from .worker import Worker

EXTENSION = "reddit_reco_ingest"
_OPERATOR = "posts:write"
_ADMIN = "admin"
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]
_NDJSON = "application/x-ndjson"
_LONGEST_KEY = 200
# Bytes of a refused body that are read of a client without a token.
_STRANGERS = 1024 * 1024
_UNKNOWN: Any = {"description": "There is no such import."}
_ACCEPTED: Any = {
    "description": "The import is queued, or was already: `Location` says where it is.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Import"}}},
}
_DONE: Any = {"description": "The import is done: `Location` says where its result is."}
_NOT_FAILED: Any = {"description": "Only a failed import whose file is still kept can be resumed."}
_REJECTED_FILE: Any = {
    "description": "A line for each record, as in the list.",
    "content": {_NDJSON: {"schema": {"type": "string"}}},
}
_BODY: Any = {
    "description": "A file, plain, .zst or .gz; or the path of one in the folder of files.",
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            }
        },
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        "application/json": {"schema": PathBody.model_json_schema()},
    },
}
_STRING = TypeAdapter(str)
_NUMBER = TypeAdapter(int)


@dataclass(frozen=True)
class Parts:
    """What the routes work with."""

    settings: IngestSettings
    store: ImportStore
    uploads: Uploads
    worker: Worker
    database: Callable[[], Database[Document]]

    def urls(self, form: Format) -> dict[str, str]:
        """Where the services are that take a format's records; empty where nobody said it."""
        return self.settings.urls(form.verbs)


api = APIBlueprint("imports", "imports", url_prefix="/api/v1")


@api.post(
    "/imports",
    responses={202: _ACCEPTED},
    security=_SECURITY,
    openapi_extensions={"requestBody": _BODY},
)
@authenticated
def create_import(query: ImportQuery) -> Response:
    """Import a file.

    Posts need the scope `posts:write`, `feedback` needs `admin`; anybody who is signed in may
    import their own `reddit-export` or `reddit-reco-export`. With an `Idempotency-Key` a repeated
    request answers with the import that the first one made.
    """
    fields = _fields(query)
    _allow(query)
    if (known := _parts().store.with_key(fields)) is not None:
        return _accepted_before(known, fields)
    try:
        by_path = request.mimetype == "application/json"
        import_id = _add_path(fields) if by_path else _add_file(fields)
    except KeyUsed as error:
        return _accepted_before(error.document, fields)
    except Refused as error:
        raise Problem(INVALID_INPUT, f"{error}.", field=error.field) from None
    _parts().worker.wake()
    return _accepted(_find(import_id))


@api.get("/imports", responses={200: ImportPage}, security=_SECURITY)
@authenticated
def list_imports(query: ImportsQuery) -> dict[str, Any]:
    """Your imports, an admin's view all of them, the newest first."""
    before = decode_cursor(query.cursor, _STRING) if query.cursor else None
    me = current_principal()
    by = None if me.may(_ADMIN) else me.subject
    found = _parts().store.newest(query.state, before, query.limit + 1, by)
    shown = found[: query.limit]
    cursor = encode_cursor(shown[-1]["_id"]) if len(found) > query.limit else None
    return page([import_document(one) for one in shown], cursor)


@api.get(
    "/imports/<import_id>",
    responses={200: Import, 303: _DONE, 404: _UNKNOWN},
    security=_SECURITY,
)
@authenticated
def get_import(path: ImportPath) -> Response:
    """How far an import is; when it is done, 303 to its result."""
    found = _find(path.import_id)
    response = jsonify(import_document(found))
    if found["state"] == "done":
        response.status_code = 303
        response.headers["Location"] = href(found["_id"], "/result")
    return response


@api.get("/imports/<import_id>/result", responses={200: Import, 404: _UNKNOWN}, security=_SECURITY)
@authenticated
def get_result(path: ImportPath) -> dict[str, Any]:
    """What became of the file."""
    found = _find(path.import_id)
    if found["state"] != "done":
        raise Problem(IMPORT_NOT_DONE, f"The import is {found['state']}, not done.")
    return import_document(found)


@api.get(
    "/imports/<import_id>/rejected",
    responses={200: RejectedPage, 404: _UNKNOWN},
    security=_SECURITY,
)
@authenticated
def list_rejected(path: ImportPath, query: CursorQuery) -> dict[str, Any]:
    """Rejected records with their reasons, in the order of the file."""
    found = _find(path.import_id)
    after = decode_cursor(query.cursor, _NUMBER) if query.cursor else 0
    records = list(_parts().store.rejected(found["_id"], after, query.limit + 1))
    shown = records[: query.limit]
    cursor = encode_cursor(shown[-1]["line"]) if len(records) > query.limit else None
    items = [rejected_document(one) for one in shown]
    return page(items, cursor, rejected=found["counts"]["rejected"])


@api.get(
    "/imports/<import_id>/rejected.ndjson",
    responses={200: _REJECTED_FILE, 404: _UNKNOWN},
    security=_SECURITY,
)
@authenticated
def download_rejected(path: ImportPath) -> Response:
    """All rejected records that are kept, one JSON object a line."""
    import_id = _find(path.import_id)["_id"]
    records = _parts().store.rejected(import_id, 0)
    lines = (orjson.dumps(rejected_document(one)) + b"\n" for one in records)
    name = f"attachment; filename=rejected-{import_id}.ndjson"
    return Response(lines, mimetype=_NDJSON, headers={"Content-Disposition": name})


@api.post(
    "/imports/<import_id>/resume",
    responses={202: _ACCEPTED, 404: _UNKNOWN, 409: _NOT_FAILED},
    security=_SECURITY,
)
@authenticated
def resume_import(path: ImportPath) -> Response:
    """Go on with a failed import where it stopped."""
    found = _find(path.import_id)
    if not _parts().store.requeue(found["_id"]):
        detail = f"The import is {found['state']}, or its file is no longer kept."
        raise Problem(CANNOT_RESUME, detail)
    _parts().worker.wake()
    return _accepted(_find(found["_id"]))


@api.delete("/imports/<import_id>", responses={204: None, 404: _UNKNOWN}, security=_SECURITY)
@authenticated
def cancel_import(path: ImportPath) -> tuple[str, int]:
    """Stop an import. What it brought stays; one that is over stays as it is."""
    _parts().store.cancel(_find(path.import_id)["_id"])
    return "", 204


@api.after_app_request
def drain_refused(response: Response) -> Response:
    """Let the sender of a refused upload read why. Strangers are not listened to for long."""
    if request.method != "POST" or response.status_code < 400:
        return response
    known = g.get("principal") is not None
    if not drain(request.environ["wsgi.input"], math.inf if known else _STRANGERS):
        response.headers["Connection"] = "close"
    return response


def _parts() -> Parts:
    return cast(Parts, current_app.extensions[EXTENSION])


def _find(import_id: str) -> Document:
    found, me = _parts().store.find(import_id), current_principal()
    if found is None or not (found["by"] == me.subject or me.may(_ADMIN)):
        raise Problem(IMPORT_NOT_FOUND, _UNKNOWN["description"], field="import_id")
    return found


def _allow(query: ImportQuery) -> None:
    """Refuse what this principal may not import, or this release cannot keep.

    Raises:
        Problem: 403, 429 or 400.
    """
    me, form, parts = current_principal(), FORMATS[query.format], _parts()
    if form.scope and not me.may(form.scope):
        raise _lacks(form.scope)
    if missing := [f"{verb.upper()}_URL" for verb, url in parts.urls(form).items() if not url]:
        detail = f"This release does not take the format {query.format}: {missing[0]} is not set."
        raise Problem(INVALID_INPUT, detail, field="format")
    if is_erased(parts.database(), me.subject):
        raise UserErased
    most = parts.settings.imports_per_user
    if not me.may(_OPERATOR) and parts.store.unfinished(me.subject) >= most:
        detail = f"{most} of your imports are not over, or failed; wait for them, or delete one."
        raise Problem(TOO_MANY_IMPORTS, detail, headers={"Retry-After": "10"})


def _lacks(scope: str) -> Problem:
    return Problem(MISSING_SCOPE, f"The token lacks the scope {scope}.", scope=scope)


def _fields(query: ImportQuery) -> Document:
    """What an import is made of, its file aside."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= _LONGEST_KEY:
        detail = f"An Idempotency-Key has 1 to {_LONGEST_KEY} characters."
        raise Problem(INVALID_INPUT, detail, field="Idempotency-Key")
    options = {"site": query.site, "subreddit": query.subreddit}
    by = current_principal().subject
    return {"format": query.format, "options": options, "by": by, "key": key}


def _accepted(found: Document) -> Response:
    response = jsonify(import_document(found))
    response.status_code = 202
    response.headers["Location"] = href(found["_id"])
    return response


def _accepted_before(found: Document, fields: Document) -> Response:
    if found["format"] != fields["format"] or found["options"] != fields["options"]:
        detail = "This Idempotency-Key was used for another import."
        raise Problem(KEY_REUSED, detail, field="Idempotency-Key")
    if found["state"] == "uploading":
        detail = "The upload with this Idempotency-Key is still under way."
        raise Problem(UPLOAD_UNDER_WAY, detail, headers={"Retry-After": "5"})
    return _accepted(found)


def _add_path(fields: Document) -> str:
    if not current_principal().may(_OPERATOR):
        # The folder is the operators'; what is in it is no business of users.
        raise _lacks(_OPERATOR)
    path = PathBody.model_validate_json(request.get_data()).path
    file = file_below(_parts().settings.import_dir, path)
    if not (size := file.stat().st_size):
        raise Refused("the file is empty", "path")
    _check(fields, path)
    return _parts().store.add({**fields, "path": path, "name": path, "size": size}, state="queued")


def _check(fields: Document, name: str) -> None:
    options = Options(**fields["options"], path=name, user=fields["by"])
    FORMATS[fields["format"]].check(options)


def _add_file(fields: Document) -> str:
    parts = _parts()
    import_id = parts.store.add(fields, state="uploading")
    sinks: list[Sink] = []

    def open_sink(name: str) -> Sink:
        _check(fields, name)
        sink = parts.uploads.sink(name[-_LONGEST_KEY:], lambda: parts.store.touch_upload(import_id))
        parts.store.set_upload(import_id, sink.id)
        sinks.append(sink)
        return sink

    try:
        receive(cast(UploadRequest, request), open_sink, *_largest())
        _finish_upload(import_id, sinks[0])
    except BaseException:
        parts.store.remove(import_id)
        for sink in sinks:
            parts.uploads.delete(sink.id)
        raise
    return import_id


def _largest() -> tuple[int, str]:
    """The largest file that may come, in bytes, and the setting that says so."""
    settings = _parts().settings
    if current_principal().may(_OPERATOR):
        return settings.max_upload_bytes, "MAX_UPLOAD_BYTES"
    smaller = min(settings.max_upload_bytes, settings.max_export_bytes)
    return smaller, "MAX_EXPORT_BYTES"


def _finish_upload(import_id: str, sink: Sink) -> None:
    if not sink.size:
        raise Problem(EMPTY_FILE, "The file is empty.", field="file")
    sink.finish()
    if not _parts().store.uploaded(import_id, sink.name, sink.size):
        raise Problem(UPLOAD_TOO_SLOW, "The upload stood still for too long.", field="file")
