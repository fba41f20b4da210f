"""The time inside a resume token.

MongoDB writes it as the first component of the token's KeyString: `82`, then the Timestamp's
seconds and increment, 8 hexadecimal digits each (`resume_token.h` of the server, since 4.0.7).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bson.timestamp import Timestamp

_TIME = re.compile(r"82([0-9A-F]{8})([0-9A-F]{8})", re.IGNORECASE)


def timestamp_of(token: Mapping[str, Any] | None) -> Timestamp | None:
    """The cluster time up to which all is seen at this position; None if it cannot be told."""
    data = (token or {}).get("_data")
    found = _TIME.match(data) if isinstance(data, str) else None
    return Timestamp(int(found[1], 16), int(found[2], 16)) if found else None


def datetime_of(token: Mapping[str, Any] | None) -> datetime | None:
    """The same as a time of day, to the second."""
    found = timestamp_of(token)
    return datetime.fromtimestamp(found.time, UTC) if found else None
