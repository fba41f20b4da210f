"""The data: posts made of words and tags, and who saved which."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_CREATED = datetime(2013, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Data:
    """Posts by number, and the saves of each user: those to learn from, and those held out."""

    posts: list[dict[str, Any]]
    train: dict[int, list[int]]
    test: dict[int, list[int]]


def read(folder: Path) -> Data:
    """Read a folder in the form of citeulike-t."""
    texts, tags = _texts(folder), _tags(folder)
    posts = [
        {
            "_id": f"bench:{number}",
            "source": "bench",
            "title": "",
            "text": text,
            "tags": tags.get(number, []),
            "created_at": _CREATED,
            "score": 0,
        }
        for number, text in enumerate(texts)
    ]
    return Data(posts, _saves(folder / "train.jsonl"), _saves(folder / "test.jsonl"))


def _texts(folder: Path) -> list[str]:
    vocabulary = _lines(folder / "vocabulary.dat")
    return [_text(line.split()[1:], vocabulary) for line in _lines(folder / "mult.dat")]


def _text(pairs: list[str], vocabulary: list[str]) -> str:
    counted = [pair.split(":") for pair in pairs]
    return " ".join(
        word for number, count in counted for word in [_word(vocabulary, int(number))] * int(count)
    )


def _word(vocabulary: list[str], number: int) -> str:
    return vocabulary[number] if number < len(vocabulary) else f"word{number}"


def _tags(folder: Path) -> dict[int, list[str]]:
    names, tags = _lines(folder / "tags.dat"), dict[int, list[str]]()
    for name, line in zip(names, _lines(folder / "tag-item.dat"), strict=False):
        for item in line.split()[1:]:
            tags.setdefault(int(item), []).append(name)
    return tags


def _saves(file: Path) -> dict[int, list[int]]:
    rows = (json.loads(line) for line in _lines(file) if line)
    return {row["user"]: row["items"] for row in rows}


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").rstrip("\n").split("\n")
