"""Does what docs/add-a-service.md says, in a copy, and runs what comes out."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from reddit_reco_local import stack as local
from reddit_reco_local.starter import add_starter_posts

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "add-a-service.md").read_text()
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^`(services/follow/[^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PACKAGE = "services/follow/src"
STARTED = 60


def blocks(language):
    return [text for found, text in FENCE.findall(GUIDE) if found == language]


def run(*command, cwd, **env):
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The repository as the guide leaves it, as far as the new service needs it."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "services" / "posts", folder / "services" / "posts")
    shutil.copy(ROOT / "pyproject.toml", folder)
    run("bash", "-euc", blocks("sh")[0], cwd=folder)
    for name, text in FILE.findall(GUIDE):
        (folder / name).write_text(text)
    return folder


def test_the_guide_makes_the_files_of_a_service(copy):
    made = {path.name for path in (copy / "services" / "follow").rglob("*") if path.is_file()}
    api = {"__init__.py", "__main__.py", "api.py", "app.py", "domain.py", "store.py", "py.typed"}
    rest = {"Dockerfile", "Makefile", "pyproject.toml", "requirements.in", "test_follow.py"}
    assert made == api | rest


def test_what_is_taken_from_posts_is_made_to_fit(copy):
    dockerfile = (copy / "services" / "follow" / "Dockerfile").read_text()
    assert "services/follow/src" in dockerfile
    assert 'CMD ["-m", "reddit_reco_follow"]' in dockerfile
    assert "posts" not in dockerfile


def test_the_new_service_passes_the_lint(copy):
    ruff = str(Path(sys.executable).with_name("ruff"))
    run(ruff, "check", "services/follow", cwd=copy)
    run(ruff, "format", "--check", "services/follow", cwd=copy)
    # The libraries are known from the lint of all services.
    run(sys.executable, "-m", "mypy", PACKAGE, cwd=copy, MYPY_CACHE_DIR=str(ROOT / ".mypy_cache"))


def test_the_tests_of_the_new_service_pass(copy):
    out = run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "services/follow"),
        cwd=copy,
        PYTHONPATH=str(copy / PACKAGE),
    )
    assert re.search(r"[5-9] passed", out)


def test_the_new_service_runs_beside_the_others(copy, tmp_path, monkeypatch):
    verb, streams = (eval(text, vars(local).copy()) for text in blocks("python")[-2:])
    monkeypatch.setattr(local, "VERBS", (*local.VERBS, verb))
    monkeypatch.setattr(local, "STREAMS", [*local.STREAMS, *streams])
    extra = {"follow": {"PYTHONPATH": str(copy / PACKAGE)}}
    with local.running(tmp_path, ("posts", "follow"), extra_env=extra) as stack:
        add_starter_posts_through(stack)
        env = {"URL": stack.url("follow"), "TOKEN": stack.token("")}
        until = time.monotonic() + STARTED
        items = []
        while not items and time.monotonic() < until:
            follow, page = run("bash", "-euc", spaced(blocks("sh")[-1]), cwd=copy, **env).split(
                "\n\n"
            )
            items = json.loads(page)["items"]
            time.sleep(0.3)
    assert json.loads(follow) == {"subreddit": "python"}
    assert len(items) == 3
    assert {item["subreddit"] for item in items} == {"python"}


def spaced(script):
    """The same script, with an empty line between the answers of its two commands."""
    first, second = script.strip().split("\n")
    return f"{first}; echo; echo; {second}"


def add_starter_posts_through(stack):
    token = stack.home / "keys" / "ingest.token"
    token.write_text(stack.token())
    assert add_starter_posts(stack) > 50


def test_the_chart_makes_everything_from_the_entry(tmp_path):
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    own = cache / "reddit-reco" / "tools" / "bin" / "helm"
    helm = str(own) if own.exists() else shutil.which("helm")
    if not helm:
        pytest.skip("no helm on this machine: images/tools.sh makes it")
    values = tmp_path / "values.yaml"
    values.write_text(blocks("yaml")[0])
    chart = str(ROOT / "charts" / "reddit-reco")
    command = (
        helm,
        "template",
        "reddit-reco",
        chart,
        "-f",
        str(values),
        "--kube-version",
        "1.36.3",
    )
    made = [one for one in yaml.safe_load_all(run(*command, cwd=ROOT)) if one]
    names = {(one["kind"], one["metadata"]["name"]) for one in made}
    for kind, suffix in {
        "Deployment": "follow-v1",
        "Service": "follow",
        "NetworkPolicy": "follow",
        "ServiceAccount": "follow",
    }.items():
        assert (kind, f"reddit-reco-{suffix}") in names
    text = json.dumps(made)
    assert "/api/v1/follows" in text
    assert "reddit-reco-mongodb-follow" in text
