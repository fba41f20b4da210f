"""Base classes of what comes in over HTTP, and how a time is written."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict


class InputModel(BaseModel):
    """A request body, or a path: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class QueryModel(InputModel):
    """Query parameters. The schema is kept, since it is asked for with every request."""

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The model's JSON schema, computed once for each way of asking."""
        return _schema(super().model_json_schema, args, tuple(kwargs.items()))


@cache
def _schema(
    compute: Callable[..., dict[str, Any]], args: tuple[Any, ...], kwargs: tuple[Any, ...]
) -> dict[str, Any]:
    return compute(*args, **dict(kwargs))


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second unless there are milliseconds.

    A naive time is taken as UTC, since that is what MongoDB hands out.
    """
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    spec = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=spec).replace("+00:00", "Z")
