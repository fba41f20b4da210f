"""Put a dump into a running release through its ingest service, and show how far it is."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
from tqdm import tqdm

POLL_SECONDS = 1.0


class UploadError(Exception):
    """The import did not happen; the message is one line for a person."""


def main() -> int:
    """The command line of `make import`."""
    parser = argparse.ArgumentParser(prog="make import", description=__doc__)
    parser.add_argument("file", type=Path, help="the dump")
    parser.add_argument("--format", required=True, help="the dump's format, e.g. arctic-shift")
    parser.add_argument("--site", default="", help="Stack Exchange site of a bare Posts.xml")
    parser.add_argument("--subreddit", default="", help="subreddit, where the dump does not say")
    parser.add_argument("--url", required=True, help="the release, e.g. http://localhost:8080")
    parser.add_argument("--token-file", type=Path, help="file with an admin token (default: stdin)")
    args = parser.parse_args()
    try:
        token = (args.token_file.read_text() if args.token_file else sys.stdin.read()).strip()
        given = {"site": args.site, "subreddit": args.subreddit}
        options = {name: value for name, value in given.items() if value}
        summary = upload(args.file, args.format, args.url, token, **options)
    except (UploadError, OSError, httpx2.HTTPError) as error:
        print(f"import: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(describe(summary))  # noqa: T201
    return 0


def upload(file: Path, format_name: str, url: str, token: str, **options: str) -> dict[str, Any]:
    """Upload `file`, follow the import to its end and return its result.

    `options` go along as query parameters: what the format asks for beside the file.

    Raises:
        UploadError: the file is not there, the service refused it, or the import failed.
    """
    if not file.is_file():
        raise UploadError(f"{file}: no such file")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=600) as client:
        with file.open("rb") as source:
            answer = client.post(
                "/api/v1/imports",
                params={"format": format_name, **options},
                files={"file": (file.name, source)},
            )
        if answer.status_code != httpx2.codes.ACCEPTED:
            raise UploadError(_reason(answer))
        return _follow(client, answer.headers["Location"])


def _follow(client: httpx2.Client, location: str) -> dict[str, Any]:
    with tqdm(total=100, unit="%", desc="importing", file=sys.stderr) as bar:
        while True:
            answer = _look(client, location)
            if answer.status_code == httpx2.codes.SEE_OTHER:
                bar.update(100 - bar.n)
                return dict(client.get(answer.headers["Location"]).json())
            state = answer.json()
            if answer.is_error or state.get("state") in ("failed", "cancelled"):
                raise UploadError(state.get("reason") or _reason(answer))
            bar.update(int(100 * (state.get("progress") or 0)) - bar.n)
            bar.set_postfix_str(f"{state.get('counts', {}).get('read', 0)} read")
            time.sleep(POLL_SECONDS)


def _look(client: httpx2.Client, location: str, tries: int = 60) -> httpx2.Response:
    """One look at an import; a service that is restarting is asked again for a minute."""
    for left in range(tries - 1, -1, -1):
        try:
            answer = client.get(location)
            if not answer.is_server_error or not left:
                return answer
        except httpx2.TransportError:
            if not left:
                raise
        time.sleep(POLL_SECONDS)
    raise AssertionError("unreachable: the last try returns or raises")


def _reason(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.request.url} answered {answer.status_code}"


def describe(summary: dict[str, Any]) -> str:
    """The result in one line."""
    counts = summary.get("counts", {})
    return "imported: " + ", ".join(f"{number} {name}" for name, number in counts.items())


if __name__ == "__main__":
    sys.exit(main())
