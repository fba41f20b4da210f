import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from reddit_reco_chassis import probe


class _Answer(BaseHTTPRequestHandler):
    statuses: list[int]

    def do_GET(self) -> None:
        statuses = type(self).statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/readyz"
        server.shutdown()
        thread.join()


def _code(*arguments: str) -> object:
    with pytest.raises(SystemExit) as ended:
        probe.main([*arguments])
    return ended.value.code


def test_all_urls_answer(url, capsys):
    _Answer.statuses = [200]
    assert _code(url, url) == 0
    assert capsys.readouterr().out == f"200 {url}\n200 {url}\n"


def test_one_url_that_fails_is_a_failure(url, capsys):
    _Answer.statuses = [200, 503]
    assert _code(url, url) == 1
    assert f"503 {url}" in capsys.readouterr().out


def test_no_answer_is_a_failure(capsys):
    assert _code("http://127.0.0.1:1/") == 1
    assert "ConnectError" in capsys.readouterr().out


def test_waiting_takes_the_first_good_answer(url):
    _Answer.statuses = [503, 200]
    assert _code("--wait", "30", url) == 0
