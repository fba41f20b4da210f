"""Put a dump into a running release through its ingest service, and show how far it is."""

import argparse
import shutil
import sys
import time
from pathlib import Path
from typing import IO, Any, cast

import httpx2
from tqdm import tqdm

POLL_SECONDS = 1.0
SHOWN_LINES = 3
_INTERRUPTED = 130
# What became of the records, as people say it; the rare ones only where there are some.
_WORDS = {"read": "read", "created": "new", "updated": "changed", "unchanged": "unchanged"}
_RARE = {"deleted": "deleted at their source", "skipped": "left out"}


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
        return _say(f"import: {error}", 1)
    except KeyboardInterrupt:
        where = f"{args.url}/imports shows what is under way"
        return _say(f"import: no longer followed; {where}", _INTERRUPTED)
    print(describe(summary, args.url))  # noqa: T201
    return _say(f"import: {doubt}", 1) if (doubt := doubts(summary)) else 0


def _say(line: str, code: int) -> int:
    print(line, file=sys.stderr)  # noqa: T201
    return code


def upload(file: Path, format_name: str, url: str, token: str, **options: str) -> dict[str, Any]:
    """Upload `file`, follow the import to its end and return its result.

    `options` go along as query parameters: what the format asks for beside the file. The result
    has the first refused lines in `refused`.

    Raises:
        UploadError: the file is not there or empty, the service refused it or does not answer, or
            the import failed.
    """
    if not file.is_file():
        raise UploadError(f"{file}: no such file")
    if not file.stat().st_size:
        raise UploadError(f"{file}: the file is empty")
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=600) as client:
        answer = _send(client, file, {"format": format_name, **options})
        if answer.status_code != httpx2.codes.ACCEPTED:
            raise UploadError(_reason(answer))
        summary = _follow(client, answer.headers["Location"])
        return summary | {"refused": _refused(client, summary)}


def _send(client: httpx2.Client, file: Path, params: dict[str, str]) -> httpx2.Response:
    size = file.stat().st_size
    bar = _look_of_bar("uploading", size)
    with file.open("rb") as source, tqdm.wrapattr(source, "read", **bar) as counted:
        try:
            files = {"file": (file.name, cast(IO[bytes], counted))}
            return client.post("/api/v1/imports", params=params, files=files)
        except httpx2.ConnectError:
            raise UploadError(f"nothing answers at {client.base_url}: is the release up?") from None
        except httpx2.TransportError as error:
            raise UploadError(
                f"the connection was lost after {_bytes(source.tell())} of {_bytes(size)}, and "
                f"nothing was imported ({error or type(error).__name__}); run the same again"
            ) from None


def _follow(client: httpx2.Client, location: str) -> dict[str, Any]:
    with tqdm(**_look_of_bar("importing", 1)) as bar:
        while True:
            answer = _look(client, location)
            if answer.status_code == httpx2.codes.SEE_OTHER:
                state = dict(client.get(answer.headers["Location"]).json())
                _show(bar, state)
                return state
            state = answer.json()
            if answer.is_error:
                raise UploadError(_reason(answer))
            if state["state"] in ("failed", "cancelled"):
                raise UploadError(_failure(state))
            _show(bar, state)
            time.sleep(POLL_SECONDS)


def _look_of_bar(label: str, size: int) -> dict[str, Any]:
    """On a terminal alone, since elsewhere a bar is noise; and on one that says no size, too."""
    columns, lines = shutil.get_terminal_size()
    look = {"unit": "B", "unit_scale": True, "file": sys.stderr, "disable": None}
    return {"desc": label, "total": size, "ncols": min(columns, 100), "nrows": lines, **look}


def _show(bar: Any, state: dict[str, Any]) -> None:
    counts = state["counts"]
    refused = f", {counts['rejected']:,} refused" if counts["rejected"] else ""
    bar.total = state["bytes_total"]
    bar.set_postfix_str(f"{counts['read']:,} records{refused}", refresh=False)
    bar.update(state["bytes_done"] - bar.n)
    bar.refresh()


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


def _refused(client: httpx2.Client, summary: dict[str, Any]) -> list[dict[str, Any]]:
    if not summary["counts"]["rejected"]:
        return []
    link = summary["_links"]["rejected"]["href"]
    return list(client.get(link, params={"limit": SHOWN_LINES}).json()["items"])


def _failure(state: dict[str, Any]) -> str:
    why = state.get("reason") or "somebody stopped it"
    before = state["counts"]["read"]
    return f"{why} (the {before:,} records before that are kept)" if before else why


def _reason(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.request.url.copy_with(query=None)} answered {answer.status_code}"


def describe(summary: dict[str, Any], url: str) -> str:
    """The result: a line of counts; below it the first refused lines and where all of them are."""
    counts = summary["counts"]
    said = [f"{counts.get(name, 0):,} {word}" for name, word in _WORDS.items()]
    said += [f"{counts[name]:,} {word}" for name, word in _RARE.items() if counts.get(name)]
    size = _bytes(summary["bytes_total"])
    lines = [
        f"imported {summary['name']} ({size}): {', '.join(said)}, {counts['rejected']:,} refused"
    ]
    lines += [f"  line {one['line']}: {one['reason']}" for one in summary["refused"]]
    if summary["refused"]:
        href = summary["_links"]["rejected_ndjson"]["href"]
        lines.append("all refused lines, with the reasons:")
        lines.append(f'  curl -H "Authorization: Bearer $(make -s token)" {url.rstrip("/")}{href}')
    return "\n".join(lines)


def doubts(summary: dict[str, Any]) -> str:
    """Why nothing came of the file; empty if something did."""
    counts = summary["counts"]
    if not counts["read"]:
        return f"there is no record in the file; is its format {summary['format']}?"
    if counts["read"] == counts["rejected"]:
        return f"every line was refused; is the file's format {summary['format']}?"
    return ""


def _bytes(number: int) -> str:
    return tqdm.format_sizeof(number, "B")


if __name__ == "__main__":
    sys.exit(main())
