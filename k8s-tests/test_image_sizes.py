"""Images stay small: every node pulls each of them."""

from collections.abc import Callable

import pytest
from harness.release import REPO, run

MEGABYTE = 1_000_000
SERVICE = 110
LARGER = {"search": 300, "recommend": 400}
COMPONENTS = run(str(REPO / "images" / "components.sh")).split()


@pytest.mark.parametrize("name", COMPONENTS)
def test_an_image_unpacked_is_no_larger_than_it_may_be(
    name: str, say: Callable[[str], None]
) -> None:
    size = int(run("docker", "image", "inspect", f"reddit-reco/{name}:0.1.0", "-f", "{{.Size}}"))
    say(f"{name}: {size / MEGABYTE:.1f} MB")
    assert size <= LARGER.get(name, SERVICE) * MEGABYTE
