"""One house for all tests of a house: what a test ends there, it starts again."""

import pytest
from proofs.target import local_target

from reddit_reco_local import front
from reddit_reco_local.embedded import free_port
from reddit_reco_local.stack import ALL, running
from reddit_reco_local.starter import add_starter_posts

# As many sign-ups as the proofs need, all from one address.
LIMITS = ("SIGNUPS_PER_ADDRESS", "SIGNINS_PER_ADDRESS", "SIGNINS_PER_ACCOUNT")


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    # No picture is fetched from anywhere, whatever random posts link to.
    nowhere = {"REFUSED_NETWORKS": "0.0.0.0/0,::/0"}
    env = {"login": dict.fromkeys(LIMITS, "1000000"), "image": nowhere}
    with running(tmp_path_factory.mktemp("proofs"), ALL, extra_env=env) as stack:
        add_starter_posts(stack)
        yield stack


@pytest.fixture(scope="session")
def target(house):
    return local_target(house)


@pytest.fixture(scope="session")
def url(house):
    """The one address of the house."""
    port = free_port()
    server = front.start(house, port)
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()
