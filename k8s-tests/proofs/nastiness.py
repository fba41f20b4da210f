"""Requests that no client library sends: broken encodings, endless headers, deep JSON."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from .answers import fault_of
from .fuzzing import Report
from .lines import NDJSON
from .target import Operation, Target

SECONDS = 60
_DEEP = 100_000
_ANY_ID = "reddit:nasty1"
_FORM = "application/x-www-form-urlencoded"
_SEGMENTS = (
    "%00",
    "reddit:a%00b",
    "%ff%fe",
    "%c0%af",
    "%2F%2F",
    "reddit:a%2Fb",
    "..%2F..%2Fetc%2Fpasswd",
    "%2e%2e",
    "reddit:%F0%9F%92%A9",
    "%",
    "%zz",
    "reddit:" + "x" * 3000,
    "reddit:x%0d%0aSet-Cookie:%20a=b",
    "$where",
    "{}",
    "__proto__",
)
_QUERIES = (
    "limit=5&limit=7",
    "cursor=a&cursor=b",
    "cursor=%00",
    "cursor=%ff%fe%fd",
    "limit=99999999999999999999999999",
    "limit=1e3",
    "limit=-0",
    "limit=%D9%A3",
    "limit[$gt]=1",
    "q[$ne]=1",
    "=&&=&%",
    "q=%",
    "q=" + "%22" * 500,
    "q=" + "(" * 900,
    "q=" + "a+-b+" * 300,
    "q=%00&sort=%00",
    "post=%00",
    "&".join(f"p{number}=1" for number in range(800)),
    "cursor=" + "A" * 5000,
)
_BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b""),
    ("application/json", b"{"),
    ("application/json", b"\xff\xfe{\x00}\x00"),
    ("application/json", '{"post":"é"}'.encode("utf-16")),
    ("application/json", b'{"post": "\xc3\x28"}'),
    ("application/json", b'{"post": "\\ud800", "username": "\\ud800"}'),
    ("application/json", b'{"post": "reddit:a\\u0000b", "username": "a\\u0000b"}'),
    ("application/json", b'{"a":1,"a":2}'),
    ("application/json", b'{"id": NaN, "score": Infinity}'),
    ("application/json", b'{"score": ' + b"9" * 400 + b"}"),
    ("application/json", b"[" * _DEEP),
    ("application/json", b"[" * _DEEP + b"]" * _DEEP),
    ("application/json", b'{"a":' * _DEEP + b"1" + b"}" * _DEEP),
    ("application/json", b'{"rules": [' + b"[" * 900 + b"]" * 900 + b"]}"),
    ("application/json", b"null"),
    ("application/json", b'"text"'),
    ("application/json", b'{"$where": "sleep(1000)", "username": {"$ne": null}}'),
    ("application/json; charset=utf-7", b"+AHs-"),
    ("application/json; charset=no-such-charset", b"{}"),
    ("text/plain", b"{}"),
    ("application/xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
    ("", b"{}"),
    (";;;,,,", b"{}"),
    (_FORM, b"a=%ff&" * 2000),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data"),
    ("multipart/form-data; boundary=x", b"--x\r\n\r\nno name\r\n--x--\r\n"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="../../a\x00"\r\n\r\n\x00'
        b"\r\n--x--\r\n",
    ),
    ("application/octet-stream", b"\x28\xb5\x2f\xfd" + b"\x00" * 50),
    ("application/octet-stream", b"\x1f\x8b" + b"\xff" * 50),
    (NDJSON, b"\n\n\n"),
    (NDJSON, b"\x00\n\xff\n{}\n[]\n" + b"[" * 10_000),
    (NDJSON, b"{}\n" * 1_001),
)
_HEADERS = (
    ("Authorization", "Bearer"),
    ("Authorization", "Bearer " + "x" * 6000),
    ("Authorization", "Bearer é.ü.ö"),
    ("Authorization", "Basic YTpi"),
    ("Authorization", "Bearer a.b.c, Bearer d.e.f"),
    ("Cookie", "session=" + "x" * 6000),
    ("Cookie", "session=\xff\xfe; =; ;;"),
    ("If-Match", '"'),
    ("If-None-Match", "*" * 2000),
    ("Idempotency-Key", "\x01"),
    ("Idempotency-Key", "k" * 5000),
    ("X-Forwarded-For", "', $where, \xff"),
    ("X-Forwarded-Host", "evil.invalid"),
    ("X-Forwarded-Prefix", "//evil.invalid"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-Request-ID", "x" * 5000),
    ("X-Request-ID", "a\x01b"),
    ("Accept", "application/" + "x" * 3000),
    ("Range", "bytes=0-,5-,-1"),
    ("Content-Length", "-1"),
    ("Content-Length", "1e3"),
    ("Content-Length", "99999999999999999999"),
    ("Transfer-Encoding", "rot13"),
    ("Expect", "200-nothing"),
    ("Host", "evil.invalid"),
    ("Host", "a b"),
)
_METHODS = ("TRACE", "CONNECT", "PROPFIND", "PATCH", "OPTIONS", "HEAD", "get", "G3T", "X" * 200)


@dataclass(frozen=True)
class Raw:
    """One request, as bytes; `about` names it in a report."""

    verb: str
    about: str
    content: bytes


def raw_requests(target: Target, token: str) -> Iterator[Raw]:
    """Every kind of nastiness, at every operation that it can be sent to."""
    for operation in target.operations():
        yield from _at(operation, token)
    for verb in target.urls:
        yield from _anywhere(verb, token)
        # Before it is HTTP at all, the proxy waits for more, as long as it is set to.
        if not target.gateway:
            yield Raw(verb, "no request", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\r\n\r\n")


def send_raw(target: Target, requests: Iterator[Raw]) -> Report:
    """Send them, each on a connection of its own, and look at the answers."""
    report = Report()
    for request in requests:
        label = f"{request.verb}: {request.about}"
        try:
            status, content_type, body = _exchange(target.urls[request.verb], request.content)
        except (OSError, ValueError) as error:
            report.faults.setdefault(f"{label}: no answer: {error!r}", _shown(request.content))
            continue
        report.counts[request.verb, status] += 1
        # Behind an Ingress, web answers to every path that is nobody else's.
        page = request.verb == "web" or target.gateway
        if fault := fault_of(status, content_type, body, page=page, gateway=target.gateway):
            report.faults.setdefault(f"{label}: {status}: {fault}", _shown(request.content))
    return report


def _at(operation: Operation, token: str) -> Iterator[Raw]:
    verb, label = operation.verb, operation.label
    plain = _path(operation, _ANY_ID)
    if "{" in operation.path:
        for segment in _SEGMENTS:
            path = _path(operation, segment)
            yield Raw(verb, f"{label} with {segment[:40]}", _request(operation.method, path, token))
    for query in _QUERIES if operation.method == "GET" else ():
        request = _request("GET", f"{plain}?{query}", token)
        yield Raw(verb, f"{label} asked {query[:40]}", request)
    for kind, body in _BODIES if operation.method in ("POST", "PUT", "PATCH") else ():
        request = _request(operation.method, plain, token, body, [("Content-Type", kind)])
        yield Raw(verb, f"{label} given {kind} {body[:30]!r}", request)
    for method in _METHODS:
        yield Raw(verb, f"{method[:10]} {operation.path}", _request(method, plain, token))


def _anywhere(verb: str, token: str) -> Iterator[Raw]:
    for path in ("/healthz", "/api/v1/me", "/api/v1/nothing"):
        for name, value in _HEADERS:
            request = _request("GET", path, token, None, [(name, value)])
            yield Raw(verb, f"{path} with {name}: {value[:30]}", request)
    for path in (
        "//",
        "/./",
        "/../../etc/passwd",
        "/%2e%2e/",
        "/api//v1",
        "/\x00",
        "*",
        "http://a/",
    ):
        yield Raw(verb, f"GET {path!r}", _request("GET", path, token))
    long_path = "/api/v1/" + "x" * 20_000
    yield Raw(verb, "a path of 20,000", _request("GET", long_path, token))
    many = [(f"X-{number}", "y" * 100) for number in range(300)]
    yield Raw(verb, "300 headers", _request("GET", "/healthz", token, None, many))
    yield Raw(verb, "no version", b"GET /healthz\r\n\r\n")
    yield Raw(verb, "an odd version", b"GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n")


def _path(operation: Operation, segment: str) -> str:
    parts = operation.path.split("/")
    return "/".join(segment if part.startswith("{") else part for part in parts)


def _request(
    method: str,
    path: str,
    token: str,
    body: bytes | None = None,
    headers: list[tuple[str, str]] | None = None,
) -> bytes:
    given = dict(headers or [])
    lines = [f"{method} {path} HTTP/1.1", f"Host: {given.pop('Host', 'localhost')}"]
    lines += ["Connection: close"]
    lines += [] if "Authorization" in given else [f"Authorization: Bearer {token}"]
    lines += [] if body is None else [f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in given.items() if name != "Host"]
    head = "\r\n".join([*lines, "", ""])
    return head.encode("utf-8", errors="surrogateescape") + (body or b"")


def _exchange(url: str, content: bytes) -> tuple[int, str, bytes]:
    """Status, content type and body of the answer.

    Raises:
        OSError: no answer came in time.
        ValueError: what came is no HTTP.
    """
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port or 80), SECONDS) as connection:
        # Refused before all of it was sent, the answer may be there all the same.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(content)
        return _parsed(_everything(connection))


def _everything(connection: socket.socket) -> bytes:
    found = b""
    while chunk := connection.recv(65536):
        found += chunk
    return found


def _parsed(answer: bytes) -> tuple[int, str, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    if not first.startswith("HTTP/1."):
        raise ValueError(f"the answer is {answer[:60]!r}")
    headers = {
        name.lower(): value.strip() for name, _, value in (row.partition(":") for row in rest)
    }
    if headers.get("transfer-encoding") == "chunked":
        body = b"".join(body.split(b"\r\n")[1::2])
    return int(first.split()[1]), headers.get("content-type", ""), body


def _shown(content: bytes) -> str:
    return repr(content[:300])
