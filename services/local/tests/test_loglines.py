"""Logs as `make logs` shows them."""

import json

from reddit_reco_local import loglines

POD = "[pod/reddit-reco-search-v1-6f7c9d5b8-x7k2p/search] "


def readable(lines):
    return [str(line) for line in loglines.readable(lines)]


def entry(**fields):
    base = {"time": "2026-11-28T07:35:58.985+00:00", "level": "info", "service": "search"}
    return json.dumps(base | {"message": "built the index"} | fields)


def test_a_line_has_the_time_the_pod_and_the_message():
    assert (readable([f"{POD}{entry()}\n"])) == ["07:35:58 search-v1/x7k2p    built the index"]


def test_what_is_worth_a_look_stands_out():
    [warning] = readable([POD + entry(level="warning", message="not ready")])
    assert warning.endswith(" WARNING: not ready")


def test_a_traceback_follows_its_line():
    [shown] = readable([POD + entry(level="error", traceback="Traceback:\n  here")])
    assert shown.split("\n")[1:] == ["Traceback:", "  here"]


def test_pods_are_told_apart_and_jobs_too():
    lines = ["[pod/reddit-reco-mongodb-0/agent] hello", "[pod/reddit-reco-sync-29401234-abcde/s] x"]
    first, second = readable(lines)
    assert first.split() == ["mongodb-0", "hello"]
    assert second.split() == ["sync/abcde", "x"]


def test_of_mongod_only_what_went_wrong_is_shown():
    said = {"t": {"$date": "2026-11-28T07:49:34.904+00:00"}, "c": "NETWORK", "msg": "Slow"}
    lines = [json.dumps(said | {"s": level}) for level in "IWD"]
    [shown] = readable(lines)
    assert shown.startswith("07:49:34 mongod ")
    assert "WARNING: Slow" in shown


def test_what_is_no_log_line_goes_through_as_it_is():
    assert readable(["[pod/x/y] plain"]) == ["         x                  plain"]
    odd = ["plain", "[1, 2]", '"text"', "{broken", ""]
    assert (readable(odd)) == odd


def test_what_is_there_already_comes_in_the_order_of_time_and_with_its_tail():
    lines = [
        f"[pod/late/x] {entry(time='2026-11-28T07:00:02Z', message='two')}\n",
        f"[pod/early/x] {entry(time='2026-11-28T06:00:00Z', message='half')}\n",
        "[pod/late/x] that belongs to two\n",
        "[pod/plain/x] 2026-11-28 07:00:01,123 INFO one\n",
        f"[pod/first/x] {entry(time='2026-11-27T23:59:59Z', message='zero')}\n",
    ]
    found = [str(line).split(maxsplit=2)[-1] for line in loglines.in_order(lines, quiet=0.2)]
    assert found == ["zero", "half", "INFO one", "two", "that belongs to two"]
