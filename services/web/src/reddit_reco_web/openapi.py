"""What the reference shows of a service's OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

Schema = Mapping[str, Any]

_METHODS = ("get", "put", "patch", "post", "delete")
# The framework writes `<br/>` where a docstring's line ends, and twice between paragraphs.
_LINE_END = re.compile(r"\s*<br\s*/?>\s*")
_CODE = re.compile(r"`([^`]+)`")
#: The chassis says of every operation what the page says once.
_ANY_PROBLEM = "4XX"
_URN = "urn:reddit-reco:problem:"
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Piece:
    """A part of a type: the name of a schema, or what stands between such names."""

    text: str
    schema: str = ""


Type = tuple[Piece, ...]


@dataclass(frozen=True)
class Field:
    """A parameter, or a member of a schema."""

    name: str
    type: Type
    place: str
    required: bool
    limits: Markup
    about: Markup


@dataclass(frozen=True)
class Content:
    """A body in one media type."""

    media_type: str
    type: Type


@dataclass(frozen=True)
class Answer:
    """What a status means, and the body that comes with it."""

    status: str
    about: Markup
    contents: tuple[Content, ...]


@dataclass(frozen=True)
class Operation:
    """A method of a path. `needs` is a scope, "" any token; None: no token at all."""

    method: str
    path: str
    anchor: str
    summary: Markup
    about: tuple[Markup, ...]
    needs: str | None
    gains: bool
    parameters: tuple[Field, ...]
    bodies: tuple[Content, ...]
    body_about: Markup
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Named:
    """A schema that operations name."""

    name: str
    about: tuple[Markup, ...]
    type: Type
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class ProblemType:
    """A type of problem that a service states: the last part of its URN, and what it means."""

    code: str
    status: int
    about: Markup

    @property
    def anchor(self) -> str:
        """Its place on a page."""
        return f"problem-{_UNSAFE.sub('-', self.code)}"


@dataclass(frozen=True)
class Reference:
    """All that a service documents."""

    title: str
    version: str
    about: Markup
    operations: tuple[Operation, ...]
    schemas: tuple[Named, ...]
    problems: tuple[ProblemType, ...]


def reference(document: Any) -> Reference | None:
    """Read a document; None if it is none, or in a form that no service here gives."""
    try:
        return _reference(document)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _reference(document: Any) -> Reference:
    info = document["info"]
    schemas: Schema = document.get("components", {}).get("schemas", {})
    found = (
        _operation(method, path, item[method])
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    )
    return Reference(
        title=str(info["title"]),
        version=str(info["version"]),
        about=line(info.get("description", "")),
        operations=tuple(found),
        schemas=tuple(_named(name, schemas[name]) for name in sorted(schemas)),
        problems=tuple(_problem(one) for one in document.get("x-problems", ())),
    )


def _operation(method: str, path: str, given: Schema) -> Operation:
    security = given.get("security") or [{}]
    body = given.get("requestBody", {})
    return Operation(
        method=method.upper(),
        path=path,
        anchor=f"{method}-{_UNSAFE.sub('-', path.removeprefix('/api/v1')).strip('-')}",
        summary=line(given.get("summary", path)),
        about=_paragraphs(given.get("description", "")),
        needs=None if {} in security else " ".join(security[0].get("bearer", ())),
        gains={} in security and len(security) > 1,
        parameters=tuple(
            _field(one["name"], one.get("schema", {}), bool(one.get("required")), one["in"], one)
            for one in given.get("parameters", ())
        ),
        bodies=_contents(body),
        body_about=line(body.get("description", "")),
        answers=tuple(
            Answer(status, line(one.get("description", "")), _contents(one))
            for status, one in sorted(given["responses"].items())
            if status != _ANY_PROBLEM
        ),
    )


def _named(name: str, schema: Schema) -> Named:
    required = schema.get("required", ())
    fields = (
        _field(key, one, key in required, "", one)
        for key, one in schema.get("properties", {}).items()
    )
    return Named(name, _paragraphs(schema.get("description", "")), _type(schema), tuple(fields))


def _problem(given: Schema) -> ProblemType:
    code, status = str(given["type"]).removeprefix(_URN), int(given["status"])
    return ProblemType(code, status, line(given.get("description", "")))


def _field(name: str, schema: Schema, required: bool, place: str, described: Schema) -> Field:
    about = described.get("description") or schema.get("description", "")
    return Field(name, _type(schema), place, required, _limits(schema), line(about))


def _contents(given: Schema) -> tuple[Content, ...]:
    found = given.get("content", {}).items()
    return tuple(Content(kind, _type(one.get("schema", {}))) for kind, one in found)


def _type(schema: Schema) -> Type:
    return tuple(_pieces(schema))


def _pieces(schema: Schema) -> Iterator[Piece]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield Piece(name, name)
    elif choices := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        yield from _joined([_type(one) for one in choices])
    elif "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        yield Piece(" or ".join(json.dumps(value) for value in values))
    elif "items" in schema:
        yield Piece("list of ")
        yield from _pieces(schema["items"])
    elif isinstance(schema.get("additionalProperties"), dict):
        yield Piece("object of ")
        yield from _pieces(schema["additionalProperties"])
    else:
        kind = schema.get("type", "anything")
        yield Piece({"date-time": "time"}.get(schema.get("format", ""), str(kind)))


def _joined(types: list[Type]) -> Iterator[Piece]:
    for number, one in enumerate(types):
        if number:
            yield Piece(" or ")
        yield from one


def _limits(schema: Schema) -> Markup:
    """What a value must be beside its type, and what it is when nothing is given."""
    inner: Schema = {}
    for one in schema.get("anyOf", ()):
        inner = {**inner, **one}
    given = {**inner, **schema}
    said = [
        _between(given.get("minimum"), given.get("maximum"), ""),
        _between(given.get("minLength"), given.get("maxLength"), " characters"),
        _between(given.get("minItems"), given.get("maxItems"), " items"),
        f"like `{given['pattern']}`" if "pattern" in given else "",
    ]
    if given.get("default") not in (None, "", [], {}):
        said.append(f"`{json.dumps(given['default'], ensure_ascii=False)}` if not given")
    return line("; ".join(one for one in said if one))


def _between(least: Any, most: Any, what: str) -> str:
    low, high = ("" if one is None else _digits(one) for one in (least, most))
    if low and high:
        return f"{low} to {high}{what}"
    return f"at most {high}{what}" if high else f"at least {low}{what}" if low else ""


def _digits(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\u202f") if abs(value) >= 10_000 else f"{value:.0f}"


def _paragraphs(text: str) -> tuple[Markup, ...]:
    parts = _LINE_END.sub("\n", text).split("\n\n")
    return tuple(line(" ".join(part.split())) for part in parts if part.strip())


def line(text: str) -> Markup:
    """Escaped, with what stands between back quotes as code."""
    # Nothing but what was escaped, between tags of this line's own.
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text.strip()))))  # noqa: S704
