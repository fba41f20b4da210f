"""Requests are in the index one after the other, whatever their number."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from reddit_reco_search.domain import Filters, NotReady, Request
from reddit_reco_search.engine import TantivyEngine
from reddit_reco_search.index import PostIndex
from reddit_reco_search.language import parse

from .conftest import post

FOX = Request(query=parse("fox"), filters=Filters(), sort="relevance", limit=10)


class Watched:
    """A searcher that notes how many threads are in it at once."""

    def __init__(self, searcher):
        self._searcher = searcher
        self._inside, self.most = set(), 0
        self._lock = threading.Lock()

    def __getattr__(self, name):
        value = getattr(self._searcher, name)
        return self._noting(value) if callable(value) else value

    def _noting(self, call):
        def noted(*args, **more):
            with self._lock:
                self._inside.add(threading.get_ident())
                self.most = max(self.most, len(self._inside))
            # Lets all others in that may come in.
            time.sleep(0.002)
            try:
                return call(*args, **more)
            finally:
                with self._lock:
                    self._inside.discard(threading.get_ident())

        return noted


@pytest.fixture
def index(tmp_path):
    index = PostIndex(tmp_path / "index", 16)
    for number in range(20):
        index.put(post(f"{number}", f"fox {number}"))
    index.commit()
    yield index
    index.close()


def test_one_request_at_a_time_is_in_the_index(index):
    watched = Watched(index.searcher())
    engine = TantivyEngine(lambda: watched)
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(engine.search, FOX) for _ in range(8)]
        begun = [pool.submit(engine.suggest, "fo", 5) for _ in range(8)]
        assert {len(one.result().hits) for one in found} == {10}
        assert all(one.result() for one in begun)
    assert watched.most == 1


def test_a_request_that_fails_lets_the_next_one_in(index):
    snapshots = iter([None, index.searcher()])
    engine = TantivyEngine(lambda: next(snapshots))
    with pytest.raises(NotReady):
        engine.search(FOX)
    assert engine.search(FOX).hits
