"""What every answer must be, whatever was asked."""

import json

PROBLEM = "application/problem+json"
# Go's HTTP server says 501 to a transfer coding that it does not know, 505 to a version.
_GATEWAY = (501, 505)
_MEMBERS = {"type", "title", "status", "detail"}


def fault_of(
    status: int, content_type: str, body: bytes, page: bool = False, gateway: bool = False
) -> str:
    """What is wrong with an answer; nothing if it is as it must be.

    Args:
        status: its status code.
        content_type: its `Content-Type`.
        body: its body.
        page: whether a browser asked, who is told of an error by a page.
        gateway: whether a proxy stands in front, which refuses by itself, as text, what is no
            request to it.
    """
    kind = content_type.partition(";")[0].strip()
    texts = {"text/html"} if page else set[str]()
    texts |= {"text/plain", ""} if gateway else set[str]()
    if status >= 500 and not (gateway and status in _GATEWAY):
        return f"a bad request is not the service's fault: {body[:200]!r}"
    if b"Traceback (most" in body or b'File "/' in body:
        return "shows a traceback"
    if status < 400 or kind in texts:
        return ""
    if kind != PROBLEM:
        return f"an error as {kind or 'nothing'}, not as {PROBLEM}"
    return _fault_of_problem(status, body)


def _fault_of_problem(status: int, body: bytes) -> str:
    if not body:
        return ""  # the answer to a HEAD
    try:
        problem = json.loads(body)
    except ValueError:
        return f"a problem that is not JSON: {body[:100]!r}"
    if missing := _MEMBERS - problem.keys():
        return f"a problem without {', '.join(sorted(missing))}"
    if problem["status"] != status:
        return f"a problem that says {problem['status']}"
    return ""
