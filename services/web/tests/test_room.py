import pytest

from reddit_reco_web.room import Room, drain


def test_room_is_given_back_whatever_happens():
    room = Room(10)
    with room.taken(6) as first, room.taken(6) as second, room.taken(4) as third:
        assert (first, second, third) == (True, False, True)

    def fail():
        with room.taken(10):
            raise OSError("full")

    for _ in range(2):
        with pytest.raises(OSError, match="full"):
            fail()
    with room.taken(10) as fits:
        assert fits


def test_what_is_still_sent_is_read_but_not_for_ever():
    class Endless:
        read_bytes = 0

        def read(self, size):
            self.read_bytes += size
            return b"x" * size

    body = Endless()
    drain(body, float("inf"), seconds=0.05)
    assert body.read_bytes > 0
