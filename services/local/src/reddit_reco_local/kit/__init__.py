"""What the tests of several services share: each service's own tests say what is its own."""

import pytest

_ASSERTING = ("batch", "following", "process", "waiting")
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in _ASSERTING))
