"""Random bodies of NDJSON: nearly right lines, wrong ones, and what is no JSON at all."""

import json

from hypothesis import strategies as st

NDJSON = "application/x-ndjson"
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(),
    st.text(max_size=30),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
_POSTS = st.integers(min_value=0, max_value=999).map("reddit:fuzz{}".format)
_TIMES = st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
_LIKELY = {
    "id": _POSTS,
    "post": _POSTS,
    "user": st.sampled_from(["user:fuzz-a", "user:fuzz-b", "", "admin"]),
    "title": st.text(max_size=20),
    "value": st.one_of(st.booleans(), st.floats(), st.just("word")),
    "at": _TIMES,
    "created_at": _TIMES,
    "score": st.integers(min_value=-10, max_value=10**6),
    "tags": st.lists(st.text(max_size=5), max_size=2),
}


def lines() -> st.SearchStrategy[bytes]:
    """Up to six lines."""
    return st.lists(_line(), max_size=6).map(b"\n".join)


def _line() -> st.SearchStrategy[bytes]:
    fields = {name: st.one_of(right, right, _VALUES) for name, right in _LIKELY.items()}
    rows = st.fixed_dictionaries({}, optional=fields)
    return st.one_of(rows.map(_dumped), rows.map(_dumped), _VALUES.map(_dumped), st.binary())


def _dumped(value: object) -> bytes:
    return json.dumps(value).encode()
