"""One house for all proofs that do not break it."""

import pytest
from proofs.target import local_target

from reddit_reco_local.stack import running
from reddit_reco_local.starter import add_starter_posts

# As many sign-ups as the proofs need, all from one address.
LIMITS = ("SIGNUPS_PER_ADDRESS", "SIGNINS_PER_ADDRESS", "SIGNINS_PER_ACCOUNT")


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    env = {"login": dict.fromkeys(LIMITS, "1000000")}
    with running(tmp_path_factory.mktemp("proofs"), extra_env=env) as stack:
        add_starter_posts(stack)
        yield stack


@pytest.fixture(scope="session")
def target(house):
    return local_target(house)
