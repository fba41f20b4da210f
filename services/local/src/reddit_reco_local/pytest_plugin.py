"""What all tests share: a real MongoDB, real tokens, what they say, how workers divide them."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from xdist.scheduler import LoadScopeScheduling

from .embedded import mongod
from .keys import make_keys, sign_token
from .kit.waiting import eventually as wait_for

_SAID = "said"
_CLUSTER = "k8s-tests"


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist is not typed
    """Gives a worker whole folders: what a conftest starts for its folder is started once.

    So the tests of the cluster, which are one folder, run one after the other in their order,
    while another worker goes through the services.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0].rpartition("/")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FolderScheduling:
    """Divide the tests among the workers of `pytest -n` by folder, in the order of collection."""
    config.option.loadscopereorder = False
    return FolderScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Make way for the cluster where tests run beside its own, which take longest."""
    if hasattr(item.config, "workerinput") and _CLUSTER not in item.path.parts:
        os.setpriority(os.PRIO_PROCESS, 0, 10)


class _Sayings:
    """Prints what tests say, from whichever worker."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = [text for name, text in report.user_properties if name == _SAID]
        if report.when == "teardown" and said:
            self._reporter.ensure_newline()
            for text in said:
                self._reporter.write_line(str(text))


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Print what tests say where there is a terminal, which a worker has not."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter:
        config.pluginmanager.register(_Sayings(reporter))


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a measurement below the test's result, where a passing test's output is hidden."""

    def call(text: str) -> None:
        request.node.user_properties.append((_SAID, text))

    return call


@pytest.fixture(scope="session")
def mongodb_uri() -> Iterator[str]:
    """URI of a real mongod, a replica set of one, that lives as long as the test run."""
    with mongod(durable=False) as uri:
        yield uri


@pytest.fixture
def database(mongodb_uri: str) -> Iterator[Database[dict[str, Any]]]:
    """An empty database of the test's own."""
    with MongoClient[dict[str, Any]](mongodb_uri, tz_aware=True, w="majority") as client:
        name = f"test_{uuid.uuid4().hex[:12]}"
        yield client[name]
        client.drop_database(name)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a signing key and its public key set, as the chart makes them."""
    folder = tmp_path_factory.mktemp("keys")
    make_keys(folder)
    return folder


@pytest.fixture(scope="session")
def headers(keys: Path) -> Callable[[str], dict[str, str]]:
    """Headers with the token of a user, signed once."""
    known: dict[str, dict[str, str]] = {}

    def of(user: str) -> dict[str, str]:
        if user not in known:
            known[user] = {"Authorization": f"Bearer {sign_token(keys, user, '')}"}
        return known[user]

    return of


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Wait until something holds."""
    return wait_for
