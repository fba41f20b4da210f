"""Random bad requests, made from the OpenAPI documents by schemathesis."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.errors import InvalidSchema
from schemathesis.specs.openapi import checks

from .answers import fault_of
from .lines import NDJSON, lines
from .pages import PAGES
from .target import Operation, Target

SECONDS = 60
# How often a request is sent that a busy service puts off, a second apart.
_TIMES = 10
_PUT_OFF = 503
_CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
# Most ask as a user who may write: a request without a token is refused before its input is read.
_WHO = ("writer",) * 8 + ("user", "nobody")
_ROUND = 40
Case = schemathesis.Case[Any]
Sent = tuple[Case, str]


@dataclass
class Report:
    """What was sent, and what should not have come back."""

    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many requests were answered."""
        return self.counts.total()

    def list(self) -> str:
        """The faults, each with a command that shows it again."""
        return "\n\n".join(f"{fault}\n  {command}" for fault, command in self.faults.items())

    def table(self) -> str:
        """Service by status, as text."""
        statuses = sorted({status for _, status in self.counts})
        rows = ["service " + "".join(f"{status:>7}" for status in statuses)]
        for verb in sorted({verb for verb, _ in self.counts}):
            numbers = "".join(f"{self.counts[verb, status] or '':>7}" for status in statuses)
            rows.append(f"{verb:<8}{numbers}")
        return "\n".join([*rows, f"{self.total} requests in all"])


class Fuzzer:
    """Sends random requests to every documented operation of a target.

    Args:
        target: the release.
        subject: whose tokens are sent: of nobody who is needed, since it may erase itself.
    """

    def __init__(self, target: Target, subject: str) -> None:
        self._target = target
        self._session = requests.Session()
        self._tokens = {
            "writer": target.signer.token(subject, "posts:write feedback:write"),
            "user": target.signer.token(subject),
            "admin": target.signer.token(subject, "admin"),
        }
        self._strategies = list(self._requests())
        self.report = Report()

    def send(
        self,
        requests_in_all: int,
        first_seed: int,
        watch: Callable[[Report], None] = lambda _: None,
    ) -> Report:
        """Send so many requests, an equal share to every operation, the same for the same seed.

        `watch` is told how far it is after its share of each operation.
        """
        share = max(1, min(_ROUND, 1 + requests_in_all // len(self._strategies)))
        round_seed = first_seed
        while (before := self.report.total) < requests_in_all:
            for operation, strategy in self._strategies:
                if self.report.total >= requests_in_all:
                    break
                self._send_share(operation, strategy, share, round_seed)
                watch(self.report)
            assert self.report.total > before, "a whole round got no answer"
            round_seed += 1
        return self.report

    def _requests(self) -> Iterator[tuple[Operation, st.SearchStrategy[Sent]]]:
        documents = {**self._target.documents, "web": PAGES}
        target = replace(self._target, documents=documents)
        schemas = {verb: openapi.from_dict(each) for verb, each in documents.items()}
        for operation in target.operations():
            found = schemas[operation.verb][operation.path][operation.method]
            who = ("admin", "user") if operation.needs == "admin" else _WHO
            yield operation, st.tuples(_cases(found, operation), st.sampled_from(who))

    def _send_share(
        self, operation: Operation, strategy: st.SearchStrategy[Sent], share: int, number: int
    ) -> None:
        @seed(number)
        @settings(
            max_examples=share,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def one(sent: Sent) -> None:
            self._send(operation, *sent)

        one()

    def _send(self, operation: Operation, case: Case, who: str) -> None:
        url = self._target.urls[operation.verb]
        token = self._tokens.get(who)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = self._answer(case, url, headers)
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL):
            return  # nothing was sent: the client itself refuses
        except requests.exceptions.RequestException as error:
            self._note(operation, f"no answer: {type(error).__name__}", case)
            return
        self.report.counts[operation.verb, answer.status_code] += 1
        content_type = answer.headers.get("content-type", [""])[0]
        page, gateway = operation.verb == "web", self._target.gateway
        fault = fault_of(
            answer.status_code, content_type, answer.content, page=page, gateway=gateway
        )
        if fault := fault or ("" if gateway else _refused(case, answer)):
            self._note(operation, f"{answer.status_code}: {fault}", case)

    def _answer(self, case: Case, url: str, headers: dict[str, str]) -> schemathesis.Response:
        """What comes back; a service that has too much to do is asked again when it says so."""
        for _ in range(_TIMES):
            answer = case.call(
                url,
                self._session,
                headers=headers,
                timeout=SECONDS,
                allow_redirects=False,
            )
            says_so = {"retry-after", "degraded"} & answer.headers.keys()
            if answer.status_code != _PUT_OFF or not says_so:
                break
            time.sleep(1)
        return answer

    def _note(self, operation: Operation, fault: str, case: Case) -> None:
        url = self._target.urls[operation.verb]
        command = case.as_curl_command(base_url=url)[:600]
        self.report.faults.setdefault(f"{operation.verb}: {operation.label}: {fault}", command)


def _cases(found: Any, operation: Operation) -> st.SearchStrategy[Case]:
    bad = found.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    good = found.as_strategy(generation_mode=GenerationMode.POSITIVE)
    # What is right by its form reaches the deepest.
    either = st.one_of(bad, bad, good)
    content = operation.document.get("requestBody", {}).get("content", {})
    if NDJSON in content:
        return st.tuples(either, lines()).map(_with_lines)
    return either


def _with_lines(both: tuple[Case, bytes]) -> Case:
    case, body = both
    case.body, case.media_type = body, NDJSON
    return case


@schemathesis.serializer(NDJSON)
def _ndjson(_: schemathesis.SerializationContext, value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


def _refused(case: Case, answer: schemathesis.Response) -> str:
    """What the document says against this answer."""
    try:
        case.validate_response(answer, checks=_CHECKS)
    except FailureGroup as group:
        return "; ".join(_words(each) for each in group.exceptions)
    except Failure as failure:
        return _words(failure)
    except InvalidSchema as error:
        return str(error)
    return ""


def _words(failure: BaseException) -> str:
    return " ".join(f"{type(failure).__name__}: {failure}".split())[:300]
