"""The command, as a process, against the real posts service."""

import gzip
import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from backports import zstd


@pytest.fixture
def command(service, tmp_path):
    """Runs the command; gives what came of it."""
    token = tmp_path / "token"
    token.write_text(service.stack.token("posts:write", "service:ingest"))
    environment = {
        **os.environ,
        "POSTS_URL": service.stack.url("posts"),
        "SERVICE_TOKEN_FILE": str(token),
    }

    def run(*arguments, **more):
        return subprocess.run(
            [sys.executable, "-m", "reddit_reco_ingest", *map(str, arguments)],
            capture_output=True,
            text="input" not in more,
            env=environment,
            timeout=120,
            check=False,
            **more,
        )

    run.environment = environment
    return run


@pytest.fixture
def file(tmp_path):
    def write(content, name="posts.ndjson"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


def test_a_file_is_imported_and_summed_up_in_a_line(command, service, file, lines):
    ended = command(file(lines(3, "cmd")), "--format", "arctic-shift")
    assert ended.stdout == (
        "done: 3 read, 3 created, 0 updated, 0 unchanged, 0 deleted, 0 skipped, 0 rejected\n"
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert service.post("reddit:cmd1")["title"] == "Post 1"


def test_a_url_and_a_token_file_may_be_told(command, service, file, lines, tmp_path):
    token = file(service.stack.token("posts:write").encode(), "other-token")
    command.environment.update(POSTS_URL="http://127.0.0.1:9", SERVICE_TOKEN_FILE="/nowhere")
    url = service.stack.url("posts")
    ended = command(file(lines(1, "told")), "--format", "hn", "--url", url, "--token-file", token)
    # A Reddit record is no Hacker News item, but it got that far.
    assert "1 read" in ended.stdout


@pytest.mark.parametrize("pack", [zstd.compress, gzip.compress])
def test_standard_input_is_a_file_too(command, lines, pack):
    ended = command("-", "--format", "arctic-shift", input=pack(lines(2, "stdin")))
    assert b"done: 2 read" in ended.stdout


def test_a_window_of_2_gib_is_no_obstacle(command, file, lines):
    options = {
        zstd.CompressionParameter.window_log: 31,
        zstd.CompressionParameter.content_size_flag: 0,
    }
    compressor = zstd.ZstdCompressor(options=options)
    packed = compressor.compress(lines(3, "window")) + compressor.flush()
    assert command(file(packed), "--format", "arctic-shift").returncode == 0
    refused = command(file(packed), "--format", "arctic-shift", "--zstd-window", 2**20)
    assert refused.returncode == 1
    assert "--zstd-window" in refused.stderr


def test_rejected_records_go_to_a_file(command, file, lines, tmp_path):
    content = lines(1, "good") + b"nonsense\n" * 9
    ended = command(file(content), "--format", "arctic-shift", "--rejected", tmp_path / "bad")
    assert ended.returncode == 0
    assert "9 rejected" in ended.stdout
    assert ended.stderr == ""
    rejected = [json.loads(line) for line in (tmp_path / "bad").read_text().splitlines()]
    assert [one["line"] for one in rejected] == list(range(2, 11))
    assert rejected[0]["excerpt"] == "nonsense"


def test_without_a_file_for_them_the_first_rejected_records_are_shown(command, file):
    ended = command(file(b"nonsense\n" * 9), "--format", "arctic-shift")
    assert ended.returncode == 0
    assert ended.stderr.count("rejected: not valid JSON") == 5
    assert "is the format arctic-shift?" in ended.stderr


def test_a_truncated_file_keeps_what_it_held_and_fails(command, file, lines):
    packed = zstd.compress(lines(9_000, "cut"))
    ended = command(file(packed[: len(packed) // 2]), "--format", "arctic-shift")
    assert ended.returncode == 1
    assert "failed: " in ended.stderr
    assert "cut short" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert " 0 read" not in ended.stderr


@pytest.fixture
def places(file, lines, tmp_path):
    return {
        "empty": file(b"", "Posts"),
        "good": file(lines(1), "data.xml"),
        "xml": file(b'<!DOCTYPE x SYSTEM "y"><posts/>', "a.xml"),
        "folder": tmp_path,
    }


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["{empty}", "--format", "hn"], 1, "the file is empty"),
        (["{empty}.not", "--format", "hn"], 1, "No such file"),
        (["{folder}", "--format", "hn"], 1, "Is a directory"),
        (["{empty}", "--format", "nonsense"], 2, "--format"),
        (["{empty}"], 2, "--format"),
        (["{empty}", "--format", "hn", "--nonsense"], 2, "--nonsense"),
        (["{empty}", "--format", "hn", "--start", "x"], 2, "--start"),
        (["{good}", "--format", "arctic-shift", "--token-file", "/nowhere"], 1, "/nowhere"),
        (["-", "--format", "stackexchange-xml"], 2, "--site: say which"),
        (["{xml}", "--format", "stackexchange-xml", "--site", "x"], 1, "DOCTYPE"),
        (["{good}", "--format", "arctic-shift", "--url", "nonsense"], 2, "--url"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(command, places, arguments, code, message):
    ended = command(*(one.format(**places) for one in arguments))
    assert ended.returncode == code
    assert message in ended.stderr
    assert ended.stdout == ""
    last = ended.stderr.splitlines()[-1]
    assert message in last
    assert ended.stderr.splitlines()[:-1] in (
        [],
        ["failed: 0 read, 0 created, 0 updated, 0 unchanged, 0 deleted, 0 skipped, 0 rejected"],
    )


def test_a_token_that_may_not_write_fails_in_one_line(command, service, file, lines):
    token = file(service.stack.token("tags:write", "user:1").encode(), "reader")
    ended = command(file(lines(1)), "--format", "arctic-shift", "--token-file", token)
    assert ended.returncode == 1
    assert "403" in ended.stderr
    assert "posts:write" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_interrupted_command_says_how_to_go_on(command, service, file, lines):
    number = 12_000
    path = file(lines(number, "halt"))
    process = subprocess.Popen(
        [sys.executable, "-m", "reddit_reco_ingest", str(path), "--format", "arctic-shift"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=command.environment,
    )
    service.wait_until(lambda: service.posts.get("/api/v1/posts/reddit:halt0").status_code == 200)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    start = int(said.partition("--start ")[2].split()[0])
    assert 0 < start < number
    ended = command(path, "--format", "arctic-shift", "--start", start)
    assert f"done: {number - start} read, {number - start} created" in ended.stdout


def test_a_terminal_shows_a_bar(command, file, lines):
    path = file(lines(3_000, "bar"))
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "reddit_reco_ingest", str(path), "--format", "arctic-shift"],
        stdout=subprocess.DEVNULL,
        stderr=slave,
        env={**command.environment, "COLUMNS": "100"},
    )
    os.close(slave)
    shown = b""
    # Reading a terminal that nobody writes to any more is an error.
    with suppress(OSError):
        while data := os.read(master, 4096):
            shown += data
    os.close(master)
    assert process.wait(timeout=60) == 0
    assert b"100%" in shown
    assert b"3000 records" in shown
