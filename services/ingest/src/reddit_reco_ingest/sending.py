"""Sends batches to the posts service."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx2
import orjson

from reddit_reco_chassis import ServiceClient

from .domain import Batch, Outcome, Rejected, excerpt

log = logging.getLogger(__name__)
_PATH = "/api/v1/posts"
_HEADERS = {"Content-Type": "application/x-ndjson"}
# The client tries again quickly; longer outages are waited out here, where a stop is noticed.
_TRIES = 3
_PAUSE = 1.0
_LONGEST_PAUSE = 10.0


class SendError(Exception):
    """The posts service refuses the request as a whole: trying again will not help."""


class Away(Exception):
    """The posts service does not answer, and waiting for it came to an end."""


class PostsClient:
    """Writes posts through the posts service. Thread-safe.

    Args:
        url: where the posts service is.
        token_file: file with a token that has the scope `posts:write`.
        wait: waits some seconds for the service to come back; true if there is no more waiting.
    """

    def __init__(self, url: str, token_file: str, wait: Callable[[float], bool]) -> None:
        self._client = ServiceClient(url, token_file=token_file, timeout=60.0, tries=_TRIES)
        self._wait = wait

    def __enter__(self) -> "PostsClient":
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def send(self, batch: Batch) -> Outcome:
        """Write the batch's posts, then delete what is gone.

        Raises:
            SendError: the request was refused.
            Away: no answer came as long as waiting was allowed.
        """
        outcome = Outcome()
        if batch.lines:
            body = b"".join(batch.lines)
            response = self._request("POST", f"{_PATH}/batch", content=body, headers=_HEADERS)
            _read_answer(response, batch, outcome)
        for post_id in batch.gone:
            # Last, so that a post which the same batch brings is gone, too.
            self._request("DELETE", f"{_PATH}/{quote(post_id, safe=':')}")
        return outcome

    def _request(self, method: str, path: str, **kwargs: Any) -> httpx2.Response:
        pause = _PAUSE
        while True:
            try:
                response = self._client.request(method, path, **kwargs)
                if response.status_code < 400:
                    return response
                if response.status_code < 500 and response.status_code not in (408, 429):
                    raise SendError(_refusal(response))
                reason = _refusal(response)
            except httpx2.TransportError as error:
                reason = f"the posts service does not answer ({error})"
            log.warning("%s; waiting", reason)
            if self._wait(pause):
                raise Away(reason)
            pause = min(_LONGEST_PAUSE, 2 * pause)


def _refusal(response: httpx2.Response) -> str:
    try:
        detail = orjson.loads(response.content)["detail"]
    except (ValueError, KeyError, TypeError):
        detail = response.reason_phrase
    return f"the posts service answered {response.status_code}: {detail}"


def _read_answer(response: httpx2.Response, batch: Batch, outcome: Outcome) -> None:
    answers = [orjson.loads(line) for line in response.content.splitlines() if line]
    if len(answers) != len(batch.lines):
        raise SendError(f"the posts service answered {len(answers)} of {len(batch.lines)} lines")
    for index, answer in enumerate(answers):
        status = answer["status"]
        if status == 201:
            outcome.created += 1
        elif status == 200:
            outcome.updated += 1
        else:
            outcome.rejected.append((batch.numbers[index], _rejected(answer, batch.lines[index])))


def _rejected(answer: dict[str, Any], line: bytes) -> Rejected:
    field = answer.get("field")
    detail = answer.get("detail") or f"refused with status {answer['status']}"
    reason = f"{field}: {detail}" if field and not detail.startswith(field) else detail
    return Rejected(reason, field, excerpt(line))
