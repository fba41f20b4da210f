"""Compressed files, long lines, and JSON over many lines, in bounded memory."""

import gzip
import json
from io import BytesIO

import pytest
from backports import zstd

from reddit_reco_ingest.domain import Unreadable
from reddit_reco_ingest.reading import (
    Chunks,
    Counted,
    Limits,
    TooLong,
    expand,
    json_records,
    pieces,
)

MIB = 1024 * 1024


class Trickle:
    """A stream that gives few bytes at a time."""

    def __init__(self, content, size):
        self._inner = BytesIO(content)
        self._size = size

    def read(self, size):
        return self._inner.read(min(size, self._size))


def all_of(stream):
    return b"".join(iter(lambda: stream.read(65536), b""))


def expanded(content, limits=None):
    return expand(Counted(BytesIO(content)), limits or Limits())


def zstd_with_window(content, log):
    options = {
        zstd.CompressionParameter.window_log: log,
        zstd.CompressionParameter.content_size_flag: 0,
    }
    compressor = zstd.ZstdCompressor(options=options)
    return compressor.compress(content) + compressor.flush()


@pytest.mark.parametrize("pack", [lambda raw: raw, zstd.compress, gzip.compress])
def test_compression_is_recognized_by_the_first_bytes(pack):
    assert all_of(expanded(pack(b"some text\n" * 1000))) == b"some text\n" * 1000


@pytest.mark.parametrize("pack", [zstd.compress, gzip.compress])
def test_frames_in_a_row_are_one_file(pack):
    assert all_of(expanded(pack(b"one") + pack(b"two"))) == b"onetwo"


@pytest.mark.parametrize("pack", [zstd.compress, gzip.compress])
def test_what_a_truncated_file_still_holds_is_read(read, lines, pack):
    whole = pack(lines(20_000))
    read_before = []
    with pytest.raises(Unreadable, match="cut short"):
        read_before.extend(pieces(Chunks(expanded(whole[: len(whole) // 2]))))
    assert 1_000 < len(read_before) < 20_000
    assert json.loads(read_before[-1])["id"] == f"p{len(read_before) - 1}"


@pytest.mark.parametrize("cut", [1, 3, 4, 5])
def test_a_file_without_its_last_bytes_is_cut_short(cut):
    with pytest.raises(Unreadable, match="cut short"):
        all_of(expanded(zstd.compress(b"text" * 1000)[:-cut]))


@pytest.mark.parametrize("pack", [zstd.compress, gzip.compress])
def test_a_damaged_file_is_unreadable(pack):
    whole = bytearray(pack(bytes(range(256)) * 2000))
    whole[len(whole) // 2 :] = bytes(len(whole) - len(whole) // 2)
    with pytest.raises(Unreadable):
        all_of(expanded(bytes(whole)))


def test_garbage_behind_a_compressed_file_is_unreadable():
    with pytest.raises(Unreadable, match="damaged"):
        all_of(expanded(zstd.compress(b"text") + b"garbage"))


def test_a_window_of_2_gib_is_read_where_that_is_allowed():
    packed = zstd_with_window(b"text" * 1000, 31)
    assert all_of(expanded(packed, Limits(window=2**31))) == b"text" * 1000


def test_a_larger_window_than_allowed_is_refused_and_the_setting_named():
    packed = zstd_with_window(b"text" * 1000, 27)
    with pytest.raises(Unreadable, match="67108864 bytes that ZSTD_WINDOW_BYTES allows"):
        all_of(expanded(packed, Limits(window=2**26, window_setting="ZSTD_WINDOW_BYTES")))


def test_a_file_that_expands_beyond_all_measure_is_refused():
    bomb = zstd.compress(bytes(512 * MIB))
    with pytest.raises(Unreadable, match="zip bomb"):
        list(pieces(Chunks(expanded(bomb))))


def test_a_file_that_expands_to_too_much_is_refused():
    with pytest.raises(Unreadable, match="more than 1000 bytes"):
        all_of(expanded(gzip.compress(b"text" * 1000), Limits(expanded=1000)))


def test_a_dump_that_compresses_well_is_no_bomb(lines):
    packed = zstd.compress(lines(30_000, text="the same again and again " * 100), 19)
    assert len(all_of(expanded(packed))) > 64 * MIB


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_pieces_do_not_depend_on_where_chunks_end(size):
    content = b"\n".join(b"%d" % one * (one % 9) for one in range(5_000))
    assert list(pieces(Chunks(Trickle(content, size)))) == content.split(b"\n")


def test_a_long_piece_is_passed_over_and_the_next_is_whole():
    content = b"a\n" + b"d" * MIB + b"\ne\n" + b"f" * MIB
    found = list(pieces(Chunks(Trickle(content, 1000)), limit=5000))
    assert [type(piece) for piece in found] == [bytes, TooLong, bytes, TooLong]
    assert found[2] == b"e"


@pytest.mark.parametrize("size", [1, 2, 5, 4096])
def test_arrays_and_documents_do_not_depend_on_where_chunks_end(size):
    values = [{"text": "ä€😀" * 50, "list": [1, 2, {"a": "]},{"}]}, {"b": None}]
    for content in (json.dumps(values), "[" + json.dumps(values[0], indent=1) + ", {}]"):
        packed = content.encode()
        found = list(json_records(Chunks(Trickle(packed, size))))
        assert found == json.loads(content)


@pytest.mark.parametrize("content", ['[{"a": 1}, {"b": ', '[{"a": 1}', '[{"a": 1}, nonsense]'])
def test_an_array_that_is_broken_is_unreadable_behind_what_was_read(content):
    records = json_records(Chunks(BytesIO(content.encode())))
    assert next(records) == {"a": 1}
    with pytest.raises(Unreadable):
        list(records)


def test_an_endless_value_in_an_array_is_unreadable():
    with pytest.raises(Unreadable, match="longer than"):
        list(json_records(Chunks(BytesIO(b'["' + b"x" * 20 * MIB))))


def test_values_nested_beyond_reason_are_unreadable():
    with pytest.raises(Unreadable):
        list(json_records(Chunks(BytesIO(b"[" + b'{"a":' * 200_000))))


def test_an_element_that_is_not_utf8_harms_no_other(read, record):
    good = json.dumps(record(id="b")).encode()
    bad = json.dumps(record(id="a", title="X")).encode().replace(b"X", b"\xff")
    found = read("hn", b"[]")
    assert found.posts == []
    found = read("mongoexport", b"[" + bad + b"," + good + b"]")
    assert found.posts[-1]["id"] == "reddit:b"


@pytest.mark.parametrize("content", [b"", zstd.compress(b""), gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_unreadable(content):
    with pytest.raises(Unreadable, match="empty"):
        Chunks(expanded(content))


def test_utf16_is_named_as_such():
    with pytest.raises(Unreadable, match="UTF-16"):
        Chunks(BytesIO("text".encode("utf-16")))
