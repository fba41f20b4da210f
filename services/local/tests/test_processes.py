import os

import pytest

from reddit_reco_local.embedded import free_port
from reddit_reco_local.processes import ProcessDied, Processes


def test_a_process_that_ends_at_once_is_reported_with_its_log(tmp_path):
    with Processes(tmp_path) as processes:
        processes.start("gone", "this_module_does_not_exist", env={})
        with pytest.raises(ProcessDied, match=r"gone.*gone\.log"):
            processes.wait_ready("gone", f"http://127.0.0.1:{free_port()}/", seconds=10)
    assert "this_module_does_not_exist" in (tmp_path / "gone.log").read_text()


def test_processes_end_with_the_block(tmp_path):
    port = free_port()
    with Processes(tmp_path) as processes:
        processes.start("web", "http.server", str(port), "--bind", "127.0.0.1", env={})
        processes.wait_ready("web", f"http://127.0.0.1:{port}/", seconds=10)
        pid = processes.pid("web")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_check_names_the_process_that_ended(tmp_path):
    with Processes(tmp_path) as processes:
        processes.start("short", "this_module_does_not_exist", env={})
        processes._children["short"].wait(timeout=60)
        with pytest.raises(ProcessDied, match="short ended"):
            processes.check()
