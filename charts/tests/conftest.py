"""Renders the chart with the real helm, each scenario of `charts/reddit-reco/ci` once a run."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[1] / "reddit-reco"
SCENARIOS = sorted(
    path.name.removesuffix("-values.yaml") for path in CHART.glob("ci/*-values.yaml")
)
Object = dict[str, Any]


def _tool(name: str) -> str:
    """Where the tool is: made by `images/tools.sh`, or the user's own."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    own = cache / "reddit-reco" / "tools" / "bin" / name
    found = str(own) if own.exists() else shutil.which(name)
    if not found:
        pytest.skip(f"no {name} on this machine: images/tools.sh makes it")
    return found


@cache
def template(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """`helm template` with these arguments; ends in an error if the chart refuses them."""
    command = [_tool("helm"), "template", "reddit-reco", str(CHART), "-n", "reddit-reco"]
    command += ["--kube-version", "1.36.3", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@cache
def render_text(*arguments: str) -> str:
    done = template(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def scenario_arguments(name: str) -> tuple[str, ...]:
    return ("-f", str(CHART / "ci" / f"{name}-values.yaml"))


@cache
def _read(*arguments: str) -> str:
    """What was rendered, as JSON: far quicker to read over and over than YAML."""
    found = yaml.load_all(render_text(*arguments), Loader=yaml.CSafeLoader)
    return json.dumps([each for each in found if each])


def _objects(*arguments: str) -> list[Object]:
    """The caller's own."""
    objects: list[Object] = json.loads(_read(*arguments))
    return objects


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    return _tool


@pytest.fixture(params=SCENARIOS)
def scenario(request: pytest.FixtureRequest) -> str:
    """Each scenario in turn."""
    name: str = request.param
    return name


@pytest.fixture
def objects(scenario: str) -> list[Object]:
    """All objects of the scenario."""
    return _objects(*scenario_arguments(scenario))


@pytest.fixture(scope="session")
def render() -> Callable[..., list[Object]]:
    """Objects of a scenario, with more arguments for helm."""

    def call(scenario: str = "default", *arguments: str) -> list[Object]:
        return _objects(*scenario_arguments(scenario), *arguments)

    return call


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """What helm says when the chart refuses these arguments."""

    def call(*arguments: str) -> str:
        done = template(*arguments)
        assert done.returncode != 0, "the chart took it"
        return done.stderr

    return call


@pytest.fixture(scope="session")
def values() -> Object:
    loaded: Object = yaml.safe_load((CHART / "values.yaml").read_text())
    return loaded


@pytest.fixture(scope="session")
def pod_specs() -> Callable[[list[Object]], Iterator[tuple[str, Object, Object]]]:
    """Name, labels and spec of every pod that the objects make."""

    def call(objects: list[Object]) -> Iterator[tuple[str, Object, Object]]:
        for item in objects:
            name = f"{item['kind']}/{item['metadata']['name']}"
            if item["kind"] == "Pod":
                yield name, item["metadata"]["labels"], item["spec"]
            elif item["kind"] in {"Deployment", "StatefulSet", "Job"}:
                pod = item["spec"]["template"]
                yield name, pod["metadata"]["labels"], pod["spec"]
            elif item["kind"] == "CronJob":
                pod = item["spec"]["jobTemplate"]["spec"]["template"]
                yield name, pod["metadata"]["labels"], pod["spec"]

    return call


@pytest.fixture(scope="session")
def find() -> Callable[[list[Object], str, str], Object]:
    """The one object of this kind and name."""

    def call(objects: list[Object], kind: str, name: str) -> Object:
        found = [o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} of {kind}/{name}"
        return found[0]

    return call
