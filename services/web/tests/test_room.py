import pytest

from reddit_reco_web.room import Room


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
