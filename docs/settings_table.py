"""operations.md's tables of environment variables, made from the settings classes (`--write`)."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from reddit_reco_chassis import Settings

DOCS = Path(__file__).parent
SERVICES = DOCS.parent / "services"
START, END = "<!-- settings: begin -->\n", "<!-- settings: end -->\n"
_HEAD = "| variable | default | what |\n|---|---|---|\n"


def packages() -> list[str]:
    """The services, and parts of services, that have settings of their own, by name."""
    found = [path.parent for path in SERVICES.glob("*/src/reddit_reco_*/**/settings.py")]
    names = (".".join(path.parts[path.parts.index("src") + 1 :]) for path in found)
    return sorted(name for name in names if name != "reddit_reco_chassis")


def classes(package: str) -> Iterator[type[Settings]]:
    """The settings classes that a service defines."""
    module = importlib.import_module(f"{package}.settings")
    for value in vars(module).values():
        found = isinstance(value, type) and issubclass(value, Settings)
        # What it builds on is told where it is used.
        if found and value.__module__ == module.__name__:
            yield value


def tables() -> str:
    """All tables, with their markers: first what every service can be told."""
    parts = ["\n### Every service\n\n", _HEAD, *_rows(Settings.model_fields)]
    for package in packages():
        for one in classes(package):
            parts += _section(package.removeprefix("reddit_reco_").replace(".", " "), one)
    return START + "".join(parts) + "\n" + END


def write() -> None:
    """Put the tables into operations.md, in place of the old ones."""
    page = DOCS / "operations.md"
    head, rest = page.read_text().split(START)
    page.write_text(head + tables() + rest.split(END)[1])


def _section(verb: str, settings: type[Settings]) -> list[str]:
    common = Settings.model_fields
    own = {
        name: field
        for name, field in settings.model_fields.items()
        if name not in common or repr(field) != repr(common[name])
    }
    if not own:
        return [f"\n### {verb}\n\nNothing of its own.\n"]
    return [f"\n### {verb}\n\n", _HEAD, *_rows(own)]


def _rows(fields: dict[str, FieldInfo]) -> Iterator[str]:
    for name, field in fields.items():
        text = (field.description or "").replace("|", "\\|")
        yield f"| `{name.upper()}` | {_default(field)} | {text} |\n"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "must be set"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "empty" if value == "" else f"`{value}`"


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    else:
        sys.stdout.write(tables())
