"""The README's table of values, made from the `# --` comments of values.yaml (`--write`)."""

import sys
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parent
START, END = "<!-- values: begin -->\n", "<!-- values: end -->\n"


def documented(text: str) -> dict[str, str]:
    """Each value that has a comment: its dotted name, and the comment."""
    found: dict[str, str] = {}
    path: list[str] = []
    comment: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("# -- "):
            comment = [stripped[5:]]
        elif stripped.startswith("#") and comment:
            comment.append(stripped[2:])
        elif ":" in stripped and not stripped.startswith(("#", "-")):
            path = [*path[: (len(line) - len(line.lstrip())) // 2], stripped.split(":")[0]]
            if comment:
                found[".".join(path)] = " ".join(comment)
            comment = []
    return found


def leaves(values: Any, path: tuple[str, ...] = ()) -> list[str]:
    """Dotted names of all values that are not maps, and of empty maps."""
    if not isinstance(values, dict) or not values:
        return [".".join(path)]
    return [name for key, value in values.items() for name in leaves(value, (*path, key))]


def undocumented() -> list[str]:
    """Values for which neither they nor a map that they are in have a comment."""
    text = (CHART / "values.yaml").read_text()
    known = documented(text)
    return [name for name in leaves(yaml.safe_load(text)) if not _covered(name, known)]


def _covered(name: str, known: dict[str, str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:length]) in known for length in range(1, len(parts) + 1))


def table() -> str:
    """The table, with its markers."""
    text = (CHART / "values.yaml").read_text()
    values = yaml.safe_load(text)
    rows = [
        f"| `{name}` | {_default(name, values)} | {comment.replace('|', chr(92) + '|')} |\n"
        for name, comment in documented(text).items()
    ]
    return START + "| value | default | what |\n|---|---|---|\n" + "".join(rows) + END


def _default(name: str, values: Any) -> str:
    for key in name.split("."):
        values = values[key]
    if isinstance(values, dict) and values:
        return "see values.yaml"
    flat = yaml.safe_dump(values, default_flow_style=True, width=1000).strip()
    return f"`{flat.removesuffix('...').strip()}`"


def write() -> None:
    """Put the table into README.md, in place of the old one."""
    readme = CHART / "README.md"
    head, rest = readme.read_text().split(START)
    readme.write_text(head + table() + rest.split(END)[1])


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    else:
        sys.stdout.write(table())
