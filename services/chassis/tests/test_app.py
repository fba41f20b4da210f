import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from flask import Flask, jsonify
from openapi_spec_validator import validate
from prometheus_client import REGISTRY

from reddit_reco_chassis import Mongo, Settings, SettingsError, timestamp
from reddit_reco_chassis.logs import JsonLines, Repeats

MakeApp = Callable[..., Flask]


def test_health_is_of_the_process_and_readiness_of_its_needs(make_app: MakeApp) -> None:
    there = False

    def check() -> None:
        if not there:
            raise ConnectionError("secret address")

    client = make_app(checks={"database": check}).test_client()
    assert client.get("/healthz").status_code == 200
    waiting = client.get("/readyz")
    assert (waiting.status_code, waiting.get_json()["check"]) == (503, "database")
    assert "secret" not in waiting.text
    there = True
    assert client.get("/readyz").status_code == 200


def test_the_openapi_document_is_valid_and_knows_our_errors(make_app: MakeApp) -> None:
    client = make_app().test_client()
    document = client.get("/openapi.json").get_json()
    validate(document)
    assert document == client.get("/openapi.json").get_json()
    assert (document["info"]["title"], document["info"]["version"]) == ("things", "1.2.3")
    for path in document["paths"].values():
        for operation in path.values():
            assert "400" not in operation["responses"]
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]
    assert "ValidationErrorModel" not in document["components"]["schemas"]


def test_every_path_is_also_below_the_base_path_and_links_say_where(make_app: MakeApp) -> None:
    client = make_app(base_path="/apps/reco").test_client()
    for prefix in ("/apps/reco", ""):
        assert client.get(f"{prefix}/healthz").status_code == 200
        links = client.get(f"{prefix}/api/v1/things").get_json()["_links"]
        assert links["next"]["href"] == f"{prefix}/api/v1/things?cursor=next"


@pytest.mark.parametrize("path", ["/apps/recovery/healthz", "/apps", "/apps/reco", "/apps/reco/"])
def test_what_only_looks_like_the_base_path_is_404(make_app: MakeApp, path: str) -> None:
    assert make_app(base_path="/apps/reco").test_client().get(path).status_code == 404


def test_a_request_keeps_its_id_or_gets_one(make_app: MakeApp) -> None:
    client = make_app().test_client()
    given = client.get("/healthz", headers={"X-Request-ID": "abc-1"})
    assert given.headers["X-Request-ID"] == "abc-1"
    ids = {client.get("/healthz").headers["X-Request-ID"] for _ in range(3)}
    assert {len(each) for each in ids} == {32}
    assert len(ids) == 3


@pytest.mark.parametrize("request_id", ["x" * 65, "é", "a b\tc"])
def test_an_unfit_request_id_is_replaced(make_app: MakeApp, request_id: str) -> None:
    client = make_app().test_client()
    answer = client.get("/nowhere", headers={"X-Request-ID": request_id})
    assert answer.headers["X-Request-ID"] != request_id


def test_logs_are_json_lines_with_the_request_and_the_traceback(make_app: MakeApp) -> None:
    app = make_app()
    with app.test_request_context(headers={"X-Request-ID": "abc-1"}):
        app.preprocess_request()
        try:
            raise ValueError("lines\nbroken")
        except ValueError:
            info = sys.exc_info()
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "it %s", ("failed",), info)
        line = JsonLines("things").format(record)
    entry = json.loads(line)
    assert "\n" not in line
    assert (entry["level"], entry["service"], entry["message"], entry["request_id"]) == (
        "error",
        "things",
        "it failed",
        "abc-1",
    )
    assert "ValueError" in entry["traceback"]


def count(**labels: str) -> float:
    usual = {"service": "things", "version": "v9"}
    return REGISTRY.get_sample_value("reddit_reco_http_requests_total", usual | labels) or 0


def test_requests_are_counted_by_route_and_not_by_path(make_app: MakeApp) -> None:
    client = make_app(version="v9").test_client()
    for path in ("/api/v1/fail/problem", "/api/v1/fail/away", "/nowhere/1", "/nowhere/2"):
        client.get(path)
    route = "/api/v1/fail/<what>"
    assert count(method="GET", route=route, status="409") == 1
    assert count(method="GET", route=route, status="503") == 1
    assert count(method="GET", route="(none)", status="404") == 2
    labels = {"service": "things", "version": "v9", "route": route}
    assert REGISTRY.get_sample_value("reddit_reco_http_request_seconds_count", labels) == 2


def test_made_up_methods_make_no_time_series(make_app: MakeApp) -> None:
    client = make_app(version="v9").test_client()
    before = count(method="(other)", route="(none)", status="405")
    for method in ("FOO", "BAR"):
        client.open("/api/v1/things", method=method)
    assert count(method="(other)", route="(none)", status="405") == before + 2


def test_json_has_times_as_rfc_3339(make_app: MakeApp) -> None:
    with make_app().app_context():
        body = jsonify(at=datetime(2013, 6, 9, 2, 54, 42, 123456, UTC), naive=datetime(2013, 6, 9))
    assert body.get_json() == {"at": "2013-06-09T02:54:42.123Z", "naive": "2013-06-09T00:00:00Z"}


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2013, 6, 9, 2, 54, 42), "2013-06-09T02:54:42Z"),
        (datetime(2013, 6, 9, 2, 54, 42, 5000, UTC), "2013-06-09T02:54:42.005Z"),
        (datetime(2013, 6, 9, 1, tzinfo=timezone(timedelta(hours=2))), "2013-06-08T23:00:00Z"),
    ],
)
def test_a_timestamp_is_utc_with_milliseconds_where_there_are_some(
    moment: datetime, text: str
) -> None:
    assert timestamp(moment) == text


def test_a_database_is_needed_by_name() -> None:
    with pytest.raises(SettingsError, match="MONGODB_URI"):
        Mongo(Settings())


def test_the_client_is_made_once_and_writes_wait_for_a_majority(mongodb_uri: str) -> None:
    mongo = Mongo(Settings(mongodb_uri=mongodb_uri, mongodb_database="test_chassis"))
    with mongo.client as client:
        mongo.ping()
        assert mongo.client is client
        assert mongo.database.write_concern.document == {"w": "majority"}
        mongo.database["x"].insert_one({"at": datetime(2013, 6, 9, tzinfo=UTC)})
        found: dict[str, Any] = mongo.database["x"].find_one() or {}
        client.drop_database("test_chassis")
    assert found["at"] == datetime(2013, 6, 9, tzinfo=UTC)


def test_a_warning_that_repeats_is_said_once_a_minute_with_how_often_it_came() -> None:
    now = [0.0]
    repeats, said = Repeats(lambda: now[0]), []
    for second in range(70):
        now[0] = second
        for level, text in ((logging.WARNING, "away"), (logging.INFO, "done")):
            record = logging.LogRecord("worker", level, "", 0, "%s", (text,), None)
            if repeats.filter(record):
                said.append(record.getMessage())
    assert said.count("done") == 70
    assert [one for one in said if one != "done"] == ["away", "away (again, 59 times since)"]
