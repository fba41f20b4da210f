"""The types of problems in the reference: what each service states, and who states the same."""

from collections.abc import Mapping
from dataclasses import dataclass

from .openapi import ProblemType, Reference


@dataclass(frozen=True)
class Stated:
    """A type, the services that answer it, and a name for the place on the page where it is."""

    type: ProblemType
    verbs: tuple[str, ...]
    anchor: str


def gathered(references: Mapping[str, Reference]) -> tuple[Stated, ...]:
    """Every type once, by status; with each meaning that it has, should services differ."""
    verbs: dict[ProblemType, list[str]] = {}
    for verb, service in references.items():
        for one in service.problems:
            verbs.setdefault(one, []).append(verb)
    found = sorted(verbs, key=lambda one: (one.status, one.code))
    first = {one.code: one for one in reversed(found)}
    return tuple(
        Stated(one, tuple(verbs[one]), one.anchor if first[one.code] is one else "")
        for one in found
    )
