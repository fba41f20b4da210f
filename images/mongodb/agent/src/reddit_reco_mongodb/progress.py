"""What a step of the bootstrap has to say."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Where a step left things: a line for people, and whether nothing is left to do here."""

    line: str
    settled: bool = False


def first_line(error: Exception) -> str:
    """An error of the database in one line."""
    return str(error).split(", full error")[0].splitlines()[0][:300]
