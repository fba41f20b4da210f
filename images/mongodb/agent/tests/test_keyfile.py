import stat
from pathlib import Path

import pytest

from reddit_reco_mongodb.__main__ import main
from reddit_reco_mongodb.settings import Stop


def test_copy_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    source, target = tmp_path / "secret", tmp_path / "keyfile"
    source.write_text("a2V5")
    source.chmod(0o640)
    main(["keyfile", str(source), str(target)])
    assert target.read_text() == "a2V5"
    assert stat.S_IMODE(target.stat().st_mode) == 0o400


def test_copy_replaces_an_older_one(tmp_path: Path) -> None:
    source, target = tmp_path / "secret", tmp_path / "keyfile"
    for content in ("b25l", "dHdv"):
        source.write_text(content)
        main(["keyfile", str(source), str(target)])
    assert target.read_text() == "dHdv"


def test_missing_source_is_one_plain_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["keyfile", str(tmp_path / "none"), str(tmp_path / "keyfile")])
    assert str(ended.value).startswith("keyfile: cannot copy the keyfile")
    assert not isinstance(ended.value.__cause__, Stop)
