"""Values as dumps write them: numbers in strings, epochs as floats, booleans as words."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

from reddit_reco_chassis import timestamp

from ..domain import ID_CHARACTERS, LONGEST_NATIVE_ID, Refused

_ID = re.compile(ID_CHARACTERS)
# 2100-01-01, the end of the times that posts takes.
_LATEST = 4102444800
_EXACT = 2**53
_WORDS = {
    "true": True,
    "false": False,
    "1": True,
    "0": False,
    "": False,
    "none": False,
    "null": False,
}
_NUMBERS = ("$numberLong", "$numberInt", "$numberDouble", "$numberDecimal")
_BREAKS = re.compile(r"<(?:/(?:p|li|pre|h\d|blockquote|div|tr|ul|ol)|p|br\s*/?|hr\s*/?)>", re.I)
_MARKUP = re.compile(r"<[^>]*>")
_EMPTY_LINES = re.compile(r"\s*\n\s*\n\s*")


def native_id(value: Any, field: str = "id") -> str:
    """A post's id at its source."""
    if type(value) is int:
        value = str(value)
    if type(value) is not str or not value:
        raise Refused("is missing, or not text", field)
    if len(value) > LONGEST_NATIVE_ID:
        raise Refused(f"is longer than {LONGEST_NATIVE_ID} characters", field)
    if not _ID.fullmatch(value):
        raise Refused("has characters that no id can have", field)
    return value


def moment(value: Any, field: str) -> str:
    """Seconds since 1970, or an ISO 8601 time (UTC unless it says otherwise), as RFC 3339.

    The seconds may be a number, a number in a string, or extended JSON (`$date`: milliseconds).
    """
    if type(value) is dict:
        value = _plain_time(value, field)
    if type(value) is str:
        value = _seconds(value, field)
    if type(value) not in (int, float):
        raise Refused("is missing, or not a time", field)
    # NaN compares false with everything.
    if not 0 <= value < _LATEST:
        raise Refused(f"{value} is not a time from 1970 to 2099", field)
    return timestamp(datetime.fromtimestamp(value, UTC))


def whole(value: Any, field: str, default: int | None = 0) -> int | None:
    """A whole number; the default where there is none."""
    if type(value) is int:
        number = value
    elif value is None or value == "":
        return default
    else:
        number = _whole(value, field)
    if not -_EXACT < number < _EXACT:
        raise Refused("is too large a number", field)
    return number


def count(value: Any, field: str, default: int | None = 0) -> int | None:
    """A whole number from 0: Reddit's own counters have dropped below now and then."""
    number = whole(value, field, default)
    return number if number is None or number >= 0 else 0


def truth(value: Any, field: str) -> bool:
    """True or false, also as a word or a number; false where there is nothing."""
    if value is None or value is True or value is False:
        return bool(value)
    known = _WORDS.get(str(value).lower())
    if known is None:
        raise Refused(f"{str(value)[:40]!r} is neither true nor false", field)
    return known


def words(value: Any, field: str) -> str:
    """Text; a number is its digits, since importers of CSV make numbers of titles like `42`."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) in (int, float):
        return str(value)
    raise Refused("is not text", field)


def title(value: Any, field: str = "title") -> str:
    """Text that is not empty."""
    text = words(value, field)
    if not text or text.isspace():
        raise Refused("is missing", field)
    return text


def name(value: Any, field: str) -> str | None:
    """The name of a person or a subreddit; None where there is none, or no longer one."""
    text = words(value, field)
    return None if text in ("", "[deleted]") else text


def unescaped(text: str) -> str:
    """Text without the three entities that Reddit's API writes unless asked for raw_json."""
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def text_of_html(html: str) -> str:
    """The text that HTML shows, with a line break where a paragraph or an item ends."""
    text = _MARKUP.sub("", _BREAKS.sub("\n", html))
    return _EMPTY_LINES.sub("\n\n", unescape(text)).strip()


def _plain_time(value: dict[str, Any], field: str) -> Any:
    if "$date" not in value:
        return _number(value, field)
    date = value["$date"]
    if type(date) is str:
        return date
    milliseconds = _number(date, field) if type(date) is dict else date
    try:
        return float(milliseconds) / 1000
    except (TypeError, ValueError):
        raise Refused("is not a time", field) from None


def _seconds(value: str, field: str) -> float:
    try:
        return float(value)
    except ValueError:
        pass
    try:
        time = datetime.fromisoformat(value)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise Refused(f"{value[:40]!r} is not a time", field) from None


def _number(value: dict[str, Any], field: str) -> Any:
    for name_ in _NUMBERS:
        if name_ in value:
            return value[name_]
    raise Refused("is not a number", field)


def _whole(value: Any, field: str) -> int:
    if type(value) is dict:
        value = _number(value, field)
    if type(value) is str:
        value = _from_digits(value, field)
    if type(value) is float and value.is_integer():
        return int(value)
    if type(value) is int:
        return value
    raise Refused(f"{str(value)[:40]!r} is not a whole number", field)


def _from_digits(digits: str, field: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        pass
    try:
        return float(digits)
    except ValueError:
        raise Refused(f"{digits[:40]!r} is not a whole number", field) from None
