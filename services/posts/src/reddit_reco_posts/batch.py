"""A batch: lines in, an answer for each line out."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from reddit_reco_chassis.problems import faults

from .domain import LONGEST_ID, Document, document
from .models import PostLine

MOST_LINES = 1_000
Answer = dict[str, Any]
_LINE = TypeAdapter(PostLine)


def numbered_lines(body: bytes) -> list[tuple[int, bytes]]:
    """The lines that are not blank, numbered from 1 with the blank ones counted."""
    lines = enumerate(body.split(b"\n"), start=1)
    return [(number, line) for number, line in lines if line and not line.isspace()]


def write(
    lines: list[tuple[int, bytes]],
    write_all: Callable[[Mapping[str, Document]], Mapping[str, str]],
) -> list[Answer]:
    """Write the post of every good line, and answer every line, in order.

    Of several lines with one id the last one counts.
    """
    documents: dict[str, Document] = {}
    answers = [_take(number, line, documents) for number, line in lines]
    outcomes = dict(write_all(documents)) if documents else {}
    for answer in answers:
        if answer["status"] == 200:
            _settle(answer, outcomes)
    return answers


def ndjson(answers: list[Answer]) -> bytes:
    """The answers, one a line."""
    return b"".join(orjson.dumps(answer) + b"\n" for answer in answers)


def _take(number: int, line: bytes, documents: dict[str, Document]) -> Answer:
    try:
        post = _LINE.validate_json(line)
    except ValidationError as error:
        return _refusal(number, line, error)
    documents[post.id] = document(post.id, post.__dict__)
    return {"line": number, "id": post.id, "status": 200}


def _refusal(number: int, line: bytes, error: ValidationError) -> Answer:
    found = faults(error)
    return {
        "line": number,
        "id": _id_of(line),
        "status": 400,
        "detail": "; ".join(f"{fault['field']}: {fault['detail']}" for fault in found[:5]),
        "field": found[0]["field"],
    }


def _id_of(line: bytes) -> str | None:
    try:
        post_id = orjson.loads(line)["id"]
    except (ValueError, TypeError, KeyError, IndexError):
        return None
    return post_id[:LONGEST_ID] if isinstance(post_id, str) else None


def _settle(answer: Answer, outcomes: dict[str, str]) -> None:
    outcome = outcomes[answer["id"]]
    if outcome == "created":
        answer["status"] = 201
        # Later lines of the same post find it there.
        outcomes[answer["id"]] = "replaced"
    elif outcome == "unchanged":
        answer["unchanged"] = True
    elif outcome == "deleted":
        answer |= {
            "status": 410,
            "detail": "The post was deleted, and does not come back.",
            "field": "id",
        }
