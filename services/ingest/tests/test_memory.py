"""Memory does not depend on the file: the pod's limit is 256 MiB."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from backports import zstd

LIMIT_MIB = 256


def peak_mib(status):
    """The largest resident memory so far of the process with this /proc/PID/status.

    Not getrusage's: that one begins with the size of the process that started it.
    """
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def peak_of_worker(pid):
    """The same of gunicorn's worker."""
    worker = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
    return peak_mib(Path(f"/proc/{worker}/status").read_text())


def big_dump(path, lines):
    """Some 120 MiB of posts, with a line of 20 MB among them, in a window of 32 MiB."""
    options = {
        zstd.CompressionParameter.window_log: 25,
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    with zstd.open(path, "wb", options=options) as stream:
        for part in range(12):
            stream.write(lines(300, f"big{part}x", text=os.urandom(16_000).hex()))
            if part == 5:
                stream.write(lines(1, "toolong", text="x" * 20_000_000))
    return 12 * 300


def test_the_service_s_memory_stays_flat_whatever_the_file(service, lines, tmp_path):
    number = big_dump(tmp_path / "big.zst", lines)
    bomb = service.begin(zstd.compress(bytes(2**30)))
    locations = [service.begin((tmp_path / "big.zst").read_bytes()) for _ in range(2)]
    for location in locations:
        found = service.ended(location, 120)
        assert found["state"] == "done"
        assert (found["counts"]["read"], found["counts"]["rejected"]) == (number + 1, 1)
    assert service.ended(bomb)["state"] == "failed"
    peak = peak_of_worker(service.stack.processes.pid("ingest"))
    sys.stdout.write(f"ingest: {peak} MiB at most\n")
    assert peak < LIMIT_MIB


def test_a_large_export_does_not_raise_the_memory(service, tmp_path):
    rows = 400_000
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        # Read where it is; the file beside it is not read at all.
        archive.writestr("comments.csv", os.urandom(30_000_000))
        with archive.open("post_votes.csv", "w") as stream:
            stream.write(b"id,permalink,direction\n")
            for number in range(rows):
                direction = "up" if number % 100 == 0 else "down"
                link = os.urandom(20).hex()
                stream.write(f"{number},https://www.reddit.com/{link},{direction}\n".encode())
        archive.writestr("saved_posts.csv", "id,permalink\n" + "a" * 9_000_000 + "\n")
    content = (tmp_path / "export.zip").read_bytes()
    locations = [service.begin(content, format="reddit-export") for _ in range(2)]
    for location in locations:
        counts = service.ended(location, 120)["counts"]
        assert (counts["read"], counts["rejected"]) == (rows + 1, 1)
    peak = peak_of_worker(service.stack.processes.pid("ingest"))
    sys.stdout.write(f"ingest: {peak} MiB at most\n")
    assert peak < LIMIT_MIB


def test_the_command_s_memory_stays_flat(service, lines, tmp_path):
    number = big_dump(tmp_path / "big.zst", lines)
    (tmp_path / "token").write_text(service.stack.token("posts:write"))
    program = (
        "import sys; from reddit_reco_ingest.command import main;"
        "code = main(sys.argv[1:]);"
        "print(open('/proc/self/status').read()); sys.exit(code)"
    )
    arguments = ["--format", "arctic-shift", "--url", service.stack.url("posts")]
    arguments += ["--token-file", str(tmp_path / "token")]
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "big.zst"), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    summary, status = ended.stdout.split("\n", 1)
    assert f"{number + 1} read" in summary
    peak = peak_mib(status)
    sys.stdout.write(f"command: {peak} MiB at most\n")
    assert peak < LIMIT_MIB
