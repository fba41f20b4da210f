import json
from pathlib import Path
from typing import Any

import pytest

from reddit_reco_sync.settings import Settings, SettingsError

PLACE = {"db": "posts", "collection": "posts"}
STREAM: dict[str, Any] = {
    "stream": "posts",
    "source": PLACE,
    "target": {"db": "search", "collection": "synced_posts"},
}


def read(folder: Path, streams: Any, *flags: str, **environ: str) -> Settings:
    (folder / "plan.json").write_text(json.dumps({"streams": streams}))
    given = {"MONGODB_URI": "mongodb://m", "SYNC_PLAN_FILE": str(folder / "plan.json"), **environ}
    return Settings.read(given, list(flags))


def test_plan_and_variables_are_read(tmp_path: Path) -> None:
    settings = read(tmp_path, [STREAM], SYNC_FOLLOW_SECONDS="7", SYNC_FORCE="true")
    assert settings.follow_seconds == 7
    assert settings.force
    assert settings.streams[0].target.collection == "synced_posts"


def test_once_is_a_run_that_does_not_follow(tmp_path: Path) -> None:
    assert read(tmp_path, [], "--once").follow_seconds == 0
    assert not read(tmp_path, [], "--once").force


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stream": ""}, "streams[0].stream is not a name"),
        ({"extra": 1}, "streams[0] must have stream, source and target"),
        ({"source": {"db": "posts"}}, "streams[0].source must have db and collection"),
        ({"source": {"db": "a.b$", "collection": "c"}}, "streams[0].source.db is not a name"),
        ({"target": PLACE}, "streams[0].target.collection must begin with synced_"),
    ],
)
def test_wrong_stream_is_named(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, [{**STREAM, **changes}])
    assert words in str(refused.value)


def test_two_streams_may_not_share_a_target(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="two streams for"):
        read(tmp_path, [STREAM, {**STREAM, "stream": "other"}])
    other = {"db": "search", "collection": "synced_other"}
    with pytest.raises(SettingsError, match="two streams for"):
        read(tmp_path, [STREAM, {**STREAM, "target": other}])


@pytest.mark.parametrize("name", ["SYNC_FOLLOW_SECONDS", "SYNC_FORCE", "METRICS_PORT", "LOG_LEVEL"])
def test_wrong_variable_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read(tmp_path, [], **{name: "-3x"})


@pytest.mark.parametrize("content", ["", "[]", "{", '{"streams": 3}', '{"streams": [3]}', "\xff"])
def test_bad_plan_file_is_one_plain_line_and_exit_2(world: Any, content: str) -> None:
    (world.folder / "plan.json").write_text(content, encoding="latin-1")
    done = world.run(LOG_LEVEL="info")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("sync: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("uri", ["", "nonsense", "mongodb://a:b:c@d"])
def test_bad_uri_is_one_plain_line_and_exit_2(world: Any, uri: str) -> None:
    done = world.run(MONGODB_URI=uri)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_missing_plan_file_is_one_plain_line_and_exit_2(world: Any) -> None:
    done = world.run(SYNC_PLAN_FILE="/nowhere/plan.json")
    assert done.returncode == 2
    assert "No such file" in done.stderr
