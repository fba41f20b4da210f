"""Sends batches to the services that take them: posts, or the verbs."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Self
from urllib.parse import quote

import httpx2
import orjson

from reddit_reco_chassis import ServiceClient

from .domain import Batch, Outcome, Rejected, excerpt

log = logging.getLogger(__name__)
# Where each service takes lines.
PATHS = {
    "posts": "/api/v1/posts/batch",
    "like": "/api/v1/likes/batch",
    "hide": "/api/v1/hidden/batch",
    "tag": "/api/v1/tags/batch",
    "share": "/api/v1/shares/batch",
}
_POST = "/api/v1/posts/"
_HEADERS = {"Content-Type": "application/x-ndjson"}
# The client tries again quickly; longer outages are waited out here, where a stop is noticed.
_TRIES = 3
_PAUSE = 1.0
_LONGEST_PAUSE = 10.0

Wait = Callable[[float], bool]
Answer = dict[str, Any]


class SendError(Exception):
    """A service refuses the request as a whole: trying again will not help."""


class Away(Exception):
    """A service does not answer, and waiting for it came to an end."""


class Verb:
    """One service that takes lines. Thread-safe.

    Args:
        name: the verb.
        url: where it is.
        token_file: file with a token that may write there.
        wait: waits some seconds for the service to come back; true if there is no more waiting.
    """

    def __init__(self, name: str, url: str, token_file: str, wait: Wait) -> None:
        self._name = name
        self._client = ServiceClient(url, token_file=token_file, timeout=60.0, tries=_TRIES)
        self._wait = wait

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def send(self, lines: Sequence[bytes]) -> list[Answer]:
        """Have the lines written; the answers, one a line.

        Raises:
            SendError: the request was refused.
            Away: no answer came as long as waiting was allowed.
        """
        body = b"".join(lines)
        response = self.request("POST", PATHS[self._name], content=body, headers=_HEADERS)
        answers = [orjson.loads(line) for line in response.content.splitlines() if line]
        if len(answers) != len(lines):
            raise SendError(
                f"the {self._name} service answered {len(answers)} of {len(lines)} lines"
            )
        return answers

    def request(self, method: str, path: str, **kwargs: Any) -> httpx2.Response:
        """Make a call, again and again while the service is away.

        Raises:
            SendError: it was refused.
            Away: no answer came as long as waiting was allowed.
        """
        pause = _PAUSE
        while True:
            try:
                response = self._client.request(method, path, **kwargs)
                if response.status_code < 400:
                    return response
                if response.status_code < 500 and response.status_code not in (408, 429):
                    raise SendError(self._refusal(response))
                reason = self._refusal(response)
            except httpx2.TransportError as error:
                reason = f"the {self._name} service does not answer ({error})"
            log.warning("%s; waiting", reason)
            if self._wait(pause):
                raise Away(reason)
            pause = min(_LONGEST_PAUSE, 2 * pause)

    def _refusal(self, response: httpx2.Response) -> str:
        try:
            detail = orjson.loads(response.content)["detail"]
        except (ValueError, KeyError, TypeError):
            detail = response.reason_phrase
        return f"the {self._name} service answered {response.status_code}: {detail}"


class Receivers:
    """The services that a file's records go to. Thread-safe.

    Args:
        urls: verb -> where it is.
        token_file: file with a token that may write there.
        wait: waits some seconds for a service to come back; true if there is no more waiting.
    """

    def __init__(self, urls: Mapping[str, str], token_file: str, wait: Wait) -> None:
        self._verbs = {name: Verb(name, url, token_file, wait) for name, url in urls.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with ExitStack() as stack:
            for verb in self._verbs.values():
                stack.callback(verb.close)

    def send(self, batch: Batch) -> Outcome:
        """Write the batch's lines, then delete the posts that are gone.

        Raises:
            SendError: a request was refused.
            Away: no answer came as long as waiting was allowed.
        """
        outcome = Outcome()
        for verb in dict.fromkeys(batch.verbs):
            places = [place for place, name in enumerate(batch.verbs) if name == verb]
            answers = self._verbs[verb].send([batch.lines[place] for place in places])
            _read_answers(zip(places, answers, strict=True), batch, outcome)
        for post_id in batch.gone:
            # Last, so that a post which the same batch brings is gone, too.
            self._verbs["posts"].request("DELETE", _POST + quote(post_id, safe=":"))
        return outcome


class PostsClient(Receivers):
    """Writes posts through the posts service. Thread-safe.

    Args:
        url: where the posts service is.
        token_file: file with a token that has the scope `posts:write`.
        wait: waits some seconds for the service to come back; true if there is no more waiting.
    """

    def __init__(self, url: str, token_file: str, wait: Wait) -> None:
        super().__init__({"posts": url}, token_file, wait)


def _read_answers(answers: Iterable[tuple[int, Answer]], batch: Batch, outcome: Outcome) -> None:
    for place, answer in answers:
        status = answer["status"]
        if status == 201:
            outcome.created += 1
        elif status == 200 and (answer.get("unchanged") or batch.verbs[place] != "posts"):
            # What somebody likes, hides or tags already stays as it is.
            outcome.unchanged += 1
        elif status == 200:
            outcome.updated += 1
        else:
            outcome.rejected.append((batch.numbers[place], _rejected(answer, batch.lines[place])))


def _rejected(answer: Answer, line: bytes) -> Rejected:
    field = answer.get("field")
    detail = answer.get("detail") or f"refused with status {answer['status']}"
    reason = f"{field}: {detail}" if field and not detail.startswith(field) else detail
    return Rejected(reason, field, excerpt(line))
