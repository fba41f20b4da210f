"""Batches of lines, sent to a service under test."""

import json
from collections.abc import Callable
from typing import Any

from flask import Flask

Answers = list[dict[str, Any]]


def sender(app: Flask, url: str, headers: dict[str, str]) -> Callable[..., Answers]:
    """A function that sends lines, as they are or as JSON, and gives the answers."""

    def send(*lines: Any) -> Answers:
        rows = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        response = app.test_client().post(url, data=b"\n".join(rows), headers=headers)
        # Only tests call this: a failed one is to say why.
        assert response.status_code == 200, response.text  # noqa: S101
        assert response.mimetype == "application/x-ndjson"  # noqa: S101
        return [json.loads(row) for row in response.text.splitlines()]

    return send


def statuses(answers: Answers) -> list[int]:
    """The status of each line."""
    return [answer["status"] for answer in answers]
