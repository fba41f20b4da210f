"""The shapes that come in over HTTP."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from reddit_reco_chassis import InputModel, QueryModel

from .domain import ID_PATTERN, LONGEST_ID, WIDTHS, Width


class PostPath(InputModel):
    """The id in a path."""

    post_id: Annotated[
        str,
        StringConstraints(pattern=ID_PATTERN, max_length=LONGEST_ID),
        Field(description="`<source>:<native id>`, e.g. `reddit:1fymy0`."),
    ]


def _number(value: object) -> object:
    """A query has text only, which a Literal of numbers would not take."""
    return int(value) if isinstance(value, str) and value in _WIDTHS else value


_WIDTHS = frozenset(str(width) for width in WIDTHS)


class ImageQuery(QueryModel):
    """How the picture is wanted."""

    w: Annotated[Width, BeforeValidator(_number)] = Field(
        640, description="Width in pixels; a smaller picture is not made larger."
    )
    over_18: Literal["exclude", "include"] = Field(
        "exclude", description="Whether a picture marked as for adults is shown."
    )
