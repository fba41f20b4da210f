"""Ask URLs from inside a pod that has no shell: `python -m reddit_reco_chassis.probe URL...`."""

import argparse
import sys
import time

import httpx2


def main(arguments: list[str] | None = None) -> None:
    """Print each URL's status; exit 1 unless every one answers below 300 within the wait."""
    parser = argparse.ArgumentParser(prog="probe", description=__doc__)
    parser.add_argument("--wait", type=float, default=0, help="seconds to go on asking")
    parser.add_argument("urls", nargs="+", metavar="URL")
    given = parser.parse_args(arguments)
    deadline = time.monotonic() + given.wait
    answers = [_answer(url, deadline) for url in given.urls]
    for url, answer in zip(given.urls, answers, strict=True):
        print(f"{answer} {url}")  # noqa: T201
    sys.exit(0 if all(answer.startswith("2") for answer in answers) else 1)


def _answer(url: str, deadline: float) -> str:
    while True:
        try:
            answer = str(httpx2.get(url, timeout=10).status_code)
        except httpx2.TransportError as error:
            answer = repr(error)
        if answer.startswith("2") or time.monotonic() >= deadline:
            return answer
        time.sleep(1)


if __name__ == "__main__":
    main()
