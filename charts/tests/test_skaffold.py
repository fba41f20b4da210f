"""skaffold.yaml: every component once, all that its image is built of, values of the chart."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
ARTIFACTS = {it["image"].removeprefix("reddit-reco/"): it for it in CONFIG["build"]["artifacts"]}
TAGS: dict[str, str] = CONFIG["deploy"]["helm"]["releases"][0]["setValueTemplates"]


def run(*command: str | Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": "/usr/bin:/bin", **environ}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_it_builds_every_component(tmp_path: Path) -> None:
    names = run(ROOT / "images/components.sh", HOME=str(tmp_path)).stdout
    assert list(ARTIFACTS) == names.split()


@pytest.mark.parametrize("name", ARTIFACTS)
def test_it_builds_as_make_up_does_and_watches_all_that_is_built(name: str) -> None:
    custom = ARTIFACTS[name]["custom"]
    assert custom["buildCommand"] == f"images/skaffold-build.sh {name}"
    dockerfile, *watched = custom["dependencies"]["paths"]
    copies = [
        line.split()[1:-1]
        for line in (ROOT / dockerfile).read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
    ]
    assert sorted(watched) == sorted({source for sources in copies for source in sources})


@pytest.mark.parametrize("name", ARTIFACTS)
def test_the_built_tag_goes_to_the_component(name: str) -> None:
    elsewhere = {"sync": "sync", "mongodb-agent": "mongodb.agent"}
    key = elsewhere.get(name, f"services.{name}") + ".image.tag"
    assert TAGS[key] == f"{{{{.IMAGE_TAG_reddit_reco_{name.replace('-', '_')}}}}}"


def test_it_sets_only_values_that_the_chart_knows() -> None:
    values: Any = yaml.safe_load((ROOT / "charts/reddit-reco/values.yaml").read_text())
    assert len(TAGS) == len(ARTIFACTS) + 1
    for key in TAGS:
        place = values
        for part in key.split("."):
            assert part in place, key
            place = place[part]


def test_a_build_by_hand_is_told_what_to_use(tmp_path: Path) -> None:
    done = run(ROOT / "images/skaffold-build.sh", "posts", HOME=str(tmp_path))
    assert done.returncode != 0
    assert "by hand use images/service.sh" in done.stderr
