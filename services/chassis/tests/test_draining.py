import math

from reddit_reco_chassis import drain


class Endless:
    read_bytes = 0

    def read(self, size):
        self.read_bytes += size
        return b"x" * size


def test_what_is_still_sent_is_read_but_not_for_ever():
    body = Endless()
    assert not drain(body, math.inf, seconds=0.05)
    assert body.read_bytes > 0


def test_no_more_than_the_limit_is_read():
    body = Endless()
    assert not drain(body, 100_000)
    assert body.read_bytes == 100_000


def test_a_sender_who_goes_away_ends_it():
    class Broken:
        def read(self, _):
            raise ConnectionResetError

    assert not drain(Broken())
