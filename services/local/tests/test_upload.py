"""What `make import` says to whoever runs it: of a whole house, and of one that breaks off."""

import json
import shlex
import socket
import subprocess
import sys
import threading

import pytest

from reddit_reco_local.embedded import free_port
from reddit_reco_local.starter import STARTER

GOOD = json.loads(STARTER.read_text().splitlines()[0])


@pytest.fixture
def run(tmp_path, house):
    """Runs the command on lines of its own; gives its exit code and what it says where."""

    def do(content, form, url, token=None):
        (tmp_path / "dump.ndjson").write_bytes(content)
        command = [sys.executable, "-m", "reddit_reco_local.upload", "dump.ndjson"]
        done = subprocess.run(
            [*command, "--format", form, "--url", url],
            input=house.token() if token is None else token,
            cwd=tmp_path,
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()

    return do


def dump(*ids, **fields):
    rows = [GOOD | {"id": one, "name": f"t3_{one}"} | fields for one in ids]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_an_import_says_what_was_new_changed_and_unchanged(run, url):
    code, [first], complaints = run(dump("said1", "said2", "said3"), "reddit-top-csv", url)
    assert (code, complaints) == (0, [])
    assert first.endswith(": 3 read, 3 new, 0 changed, 0 unchanged, 0 refused")
    again = dump("said1") + dump("said2", score=9) + dump("said4")
    assert run(again, "reddit-top-csv", url)[1][0].endswith(
        ": 3 read, 1 new, 1 changed, 1 unchanged, 0 refused"
    )


def test_refused_lines_are_shown_with_the_way_to_all_of_them(run, url, house):
    content = dump("few1") + b"no\nnor this\n" + dump("few2", created_utc="soon") + b"[]\n"
    code, lines, _ = run(content, "reddit-top-csv", url)
    assert code == 0
    assert lines[0].endswith("1 new, 0 changed, 0 unchanged, 4 refused")
    assert [line.split(":")[0] for line in lines[1:4]] == ["  line 2", "  line 3", "  line 4"]
    assert "created_utc" in lines[3]
    command = lines[-1].replace("$(make -s token)", house.token())
    everything = subprocess.run(shlex.split(command), text=True, capture_output=True, check=True)
    assert [json.loads(line)["line"] for line in everything.stdout.splitlines()] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("content", "form", "said"),
    [
        (b"", "hn", "dump.ndjson: the file is empty"),
        (b"\n \n", "hn", "there is no record in the file; is its format hn?"),
        (dump("odd1"), "hn", "every line was refused; is the file's format hn?"),
        (dump("odd1"), "stackexchange-xml", "not a Posts.xml: "),
        (dump("odd1"), "no-such-format", "format: "),
    ],
    ids=["empty", "blank", "another format", "no XML", "unknown format"],
)
def test_a_file_that_is_none_fails_with_one_plain_line(content, form, said, run, url):
    code, _, [line] = run(content, form, url)
    assert code == 1
    assert line.startswith(f"import: {said}")


def test_a_refused_token_is_named(run, url):
    code, _, [line] = run(dump("odd1"), "reddit-top-csv", url, token="not-a-token")
    assert code == 1
    assert "token" in line


def test_where_nothing_runs_it_says_so(run):
    code, _, [line] = run(dump("odd1"), "hn", nowhere := f"http://127.0.0.1:{free_port()}")
    assert (code, line) == (1, f"import: nothing answers at {nowhere}: is the release up?")


def test_a_connection_that_is_lost_says_how_far_it_came(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        thread = threading.Thread(target=_hang_up, args=(server,))
        thread.start()
        code, _, [line] = run(b"x" * 20_000_000, "hn", f"http://127.0.0.1:{port}")
        thread.join()
    assert code == 1
    assert line.startswith("import: the connection was lost after ")
    assert line.endswith("; run the same again")


def _hang_up(server):
    connection, _ = server.accept()
    connection.recv(100_000)
    connection.close()
