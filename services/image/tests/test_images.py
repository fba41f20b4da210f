import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from PIL import Image
from pydantic import ValidationError

from reddit_reco_chassis import SettingsError, Stopping
from reddit_reco_image.api import PICTURES
from reddit_reco_image.app import make_app
from reddit_reco_image.settings import ImageSettings

URL = "/api/v1/images/reddit:1"
SESSION = "reddit_reco_access"


def size(response: Any) -> tuple[int, int]:
    with Image.open(io.BytesIO(response.data)) as image:
        assert image.format == "WEBP"
        return image.size


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_comes_in_every_width_and_is_fetched_once(
    client: FlaskClient, posts: Any, server: Any, picture: Any, kind: str
) -> None:
    posts.has("reddit:1", server.gives("/a.png", picture(2000, 1000, kind)))
    for width in (160, 320, 640, 1280):
        response = client.get(f"{URL}?w={width}")
        assert response.status_code == 200
        assert size(response) == (width, width // 2)
    assert server.asked == ["/a.png"]


def test_a_small_picture_stays_small_and_a_long_one_becomes_narrow(
    client: FlaskClient, posts: Any, server: Any, picture: Any
) -> None:
    posts.has("reddit:1", server.gives("/a.png", picture(300, 200)))
    posts.has("reddit:2", server.gives("/b.png", picture(500, 5000)))
    assert size(client.get(f"{URL}?w=640")) == (300, 200)
    assert size(client.get("/api/v1/images/reddit:2?w=320")) == (64, 640)


def test_nothing_but_the_picture_is_left_of_it(
    client: FlaskClient, posts: Any, server: Any
) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "where I live"
    Image.new("RGB", (400, 200)).save(out, "JPEG", exif=exif, comment=b"where I live")
    posts.has("reddit:1", server.gives("/a.jpg", out.getvalue(), "image/jpeg"))
    response = client.get(f"{URL}?w=640")
    assert size(response) == (200, 400), "it is turned as its metadata said"
    assert b"where I live" not in response.data
    assert b"EXIF" not in response.data


def test_a_see_through_picture_stays_so(client: FlaskClient, posts: Any, server: Any) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (255, 0, 0, 0)).save(out, "PNG")
    posts.has("reddit:1", server.gives("/a.png", out.getvalue()))
    with Image.open(io.BytesIO(client.get(URL).data)) as image:
        assert image.mode == "RGBA"
        assert image.getpixel((5, 5))[3] == 0


def test_the_answer_can_be_kept_and_does_no_harm(
    client: FlaskClient, posts: Any, server: Any, picture: Any
) -> None:
    posts.has("reddit:1", server.gives("/a.png", picture()))
    response = client.get(URL)
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    etag = response.headers["ETag"]
    assert etag.startswith('"')
    again = client.get(URL, headers={"If-None-Match": etag})
    assert again.status_code == 304
    assert again.data == b""
    assert client.get(f"{URL}?w=160").headers["ETag"] != etag


def test_a_redirect_to_a_picture_is_followed(
    client: FlaskClient, posts: Any, server: Any, picture: Any
) -> None:
    server.gives("/c.png", picture())
    server.redirects("/b.png", "/c.png", 301)
    posts.has("reddit:1", server.redirects("/a.png", "/b.png"))
    assert client.get(URL).status_code == 200


@pytest.mark.parametrize("link", [None, "https://example.org/article.html"])
def test_a_post_without_a_picture_is_a_404(client: FlaskClient, posts: Any, link: Any) -> None:
    posts.has("reddit:1", link)
    response = client.get(URL)
    assert response.status_code == 404
    assert response.json["type"].endswith(":no-picture")


def test_a_picture_for_adults_has_to_be_asked_for(
    client: FlaskClient, posts: Any, server: Any, picture: Any
) -> None:
    posts.has("reddit:1", server.gives("/a.png", picture()), over_18=True)
    assert client.get(URL).status_code == 404
    assert server.asked == []
    assert client.get(f"{URL}?over_18=include").status_code == 200
    assert client.get(URL).status_code == 404


def test_an_unknown_post_is_a_404(client: FlaskClient) -> None:
    response = client.get(URL)
    assert response.status_code == 404
    assert response.json["type"].endswith(":post-not-found")


def test_the_picture_of_a_deleted_post_goes_with_it(
    client: FlaskClient, posts: Any, server: Any, picture: Any, database: Any
) -> None:
    posts.has("reddit:1", server.gives("/a.png", picture()))
    assert client.get(URL).status_code == 200
    posts.deletes("reddit:1")
    assert client.get(URL).status_code == 410
    assert database["pictures"].count_documents({}) == 0


def test_the_picture_of_a_deleted_post_goes_though_nobody_asks(
    client: FlaskClient, posts: Any, server: Any, picture: Any, database: Any
) -> None:
    for post in ("reddit:1", "reddit:2"):
        posts.has(post, server.gives("/a.png", picture()))
        assert client.get(f"/api/v1/images/{post}").status_code == 200
    posts.deletes("reddit:1")
    client.application.extensions[PICTURES].check(Stopping())
    assert [each["_id"] for each in database["pictures"].find()] == ["reddit:2"]


def test_a_post_that_now_links_elsewhere_shows_the_new_picture(
    client: FlaskClient, posts: Any, server: Any, picture: Any
) -> None:
    posts.has("reddit:1", server.gives("/a.png", picture(100, 100)))
    assert size(client.get(URL)) == (100, 100)
    posts.has("reddit:1", server.gives("/b.png", picture(200, 100)))
    assert size(client.get(URL)) == (200, 100)


def test_a_failure_is_remembered_for_a_while(
    client: FlaskClient, posts: Any, server: Any, picture: Any, database: Any
) -> None:
    posts.has("reddit:1", server.url("/a.png"))
    for _ in range(3):
        assert client.get(URL).json["reason"] == "gone"
    assert server.asked == ["/a.png"]
    server.gives("/a.png", picture())
    past = datetime.now(UTC) - timedelta(seconds=1)
    database["pictures"].update_one({}, {"$set": {"expires_at": past}})
    assert client.get(URL).status_code == 200


def test_many_readers_of_one_picture_make_one_fetch(
    client: FlaskClient, posts: Any, server: Any, picture: Any
) -> None:
    body = picture()

    def slowly(handler: Any) -> None:
        time.sleep(0.5)
        handler.send(200, "image/png", body)

    server.answers["/a.png"] = slowly
    posts.has("reddit:1", server.url("/a.png"))
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(client.application.test_client().get, URL) for _ in range(8)]
        assert {each.result().status_code for each in asked} == {200}
    assert server.asked == ["/a.png"]


def test_two_pods_make_one_fetch(new_app: Any, posts: Any, server: Any, picture: Any) -> None:
    pods = [new_app().test_client() for _ in range(2)]
    body = picture()

    def slowly(handler: Any) -> None:
        time.sleep(0.5)
        handler.send(200, "image/png", body)

    server.answers["/a.png"] = slowly
    posts.has("reddit:1", server.url("/a.png"))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda pod: pod.get(URL).status_code, pods))
    assert answers == [200, 200]
    assert server.asked == ["/a.png"]


def test_more_fetches_than_allowed_are_told_to_come_back_and_kept_pictures_still_come(
    new_app: Any, posts: Any, server: Any, picture: Any
) -> None:
    app = new_app(fetches_at_once=1, waiting_at_once=0)
    client = app.test_client()
    posts.has("reddit:1", server.gives("/a.png", picture()))
    assert client.get(URL).status_code == 200
    reached, go_on = threading.Event(), threading.Event()

    def hang(handler: Any) -> None:
        reached.set()
        go_on.wait(60)

    server.answers["/b.png"] = hang
    posts.has("reddit:2", server.url("/b.png"))
    posts.has("reddit:3", server.gives("/c.png", picture()))
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(app.test_client().get, "/api/v1/images/reddit:2")
        assert reached.wait(60)
        response = client.get("/api/v1/images/reddit:3")
        assert response.status_code == 503
        assert response.headers["Retry-After"]
        assert client.get(URL).status_code == 200
        go_on.set()
        assert hanging.result().status_code == 404
    assert client.get("/api/v1/images/reddit:3").status_code == 200


def test_the_pictures_of_a_page_wait_for_their_turn(
    new_app: Any, posts: Any, server: Any, picture: Any
) -> None:
    app = new_app(fetches_at_once=2, waiting_at_once=6)
    for number in range(8):
        posts.has(f"reddit:{number}", server.gives(f"/{number}.png", picture()))
    paths = [f"/api/v1/images/reddit:{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda path: app.test_client().get(path).status_code, paths))
    assert found == [200] * 8


def test_the_cache_stays_within_its_bound_and_keeps_what_is_used(
    new_app: Any, posts: Any, server: Any, database: Any
) -> None:
    client = new_app(cache_max_bytes=1024**2).test_client()
    for number in range(12):
        out = io.BytesIO()
        Image.effect_noise((500, 500), 90).save(out, "PNG")
        post = f"reddit:{number}"
        posts.has(post, server.gives(f"/{number}.png", out.getvalue()))
        assert client.get(f"/api/v1/images/{post}").status_code == 200
        kept = list(database["pictures"].find({}, {"bytes": 1}))
        assert sum(each["bytes"] for each in kept) <= 1024**2
    assert 1 <= len(kept) < 12
    assert {"reddit:11", "reddit:10"} <= {each["_id"] for each in kept} or len(kept) == 1


def test_a_pod_that_died_over_a_fetch_does_not_block_the_picture(
    client: FlaskClient, posts: Any, server: Any, picture: Any, database: Any
) -> None:
    address = server.gives("/a.png", picture())
    posts.has("reddit:1", address)
    past = datetime.now(UTC) - timedelta(seconds=1)
    dead = {"_id": "reddit:1", "address": address, "state": "fetching", "claim": "x"}
    database["pictures"].insert_one({**dead, "lease_until": past, "expires_at": past})
    assert client.get(URL).status_code == 200


def test_where_reading_needs_a_token_the_session_of_the_pages_is_one(
    new_app: Any, posts: Any, server: Any, picture: Any, token: Any
) -> None:
    app = new_app(open_reading=False, jwks_file=token.jwks_file)
    posts.has("reddit:1", server.gives("/a.png", picture()))
    assert app.test_client().get(URL).status_code == 401
    browser = app.test_client()
    browser.set_cookie(SESSION, "forged")
    assert browser.get(URL).status_code == 401
    assert server.asked == []
    browser.set_cookie(SESSION, token("user:ann"))
    response = browser.get(URL)
    assert response.status_code == 200
    assert response.headers["Cache-Control"].startswith("private")
    bearer = {"Authorization": f"Bearer {token('user:bea')}"}
    assert app.test_client().get(URL, headers=bearer).status_code == 200
    assert posts.bearers == [token("user:ann"), token("user:bea")]


def test_where_reading_is_open_an_old_session_keeps_nobody_from_a_picture(
    client: FlaskClient, posts: Any, server: Any, picture: Any
) -> None:
    posts.has("reddit:1", server.gives("/a.png", picture()))
    client.set_cookie(SESSION, "expired")
    assert client.get(URL).status_code == 200


def test_where_reading_needs_a_token_those_of_deleted_posts_go_by_the_service_s_own(
    new_app: Any, posts: Any, server: Any, *, picture: Any, token: Any, tmp_path: Any, database: Any
) -> None:
    own = tmp_path / "token"
    own.write_text(token("service:image"))
    app = new_app(open_reading=False, jwks_file=token.jwks_file, service_token_file=str(own))
    posts.has("reddit:1", server.gives("/a.png", picture()))
    bearer = {"Authorization": f"Bearer {token('user:ann')}"}
    assert app.test_client().get(URL, headers=bearer).status_code == 200
    posts.deletes("reddit:1")
    app.extensions[PICTURES].check(Stopping())
    assert posts.bearers[-1] == token("service:image")
    assert database["pictures"].count_documents({}) == 0


def test_without_posts_nothing_is_shown(client: FlaskClient, posts: Any) -> None:
    posts.answers["/api/v1/posts/reddit:1"] = lambda handler: handler.send(500, "text/plain", b"")
    response = client.get(URL)
    assert response.status_code == 503
    assert response.headers["Retry-After"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("reddit:1?w=100", "w"),
        ("reddit:1?w=0", "w"),
        ("reddit:1?w=-320", "w"),
        ("reddit:1?w=x", "w"),
        ("reddit:1?w=320.0", "w"),
        ("reddit:1?w=99999999999999999999", "w"),
        ("reddit:1?over_18=yes", "over_18"),
        ("reddit:1?more=1", "more"),
        ("noid", "post_id"),
        ("reddit:a%00", "post_id"),
        ("../posts/reddit:1", "post_id"),
        ("reddit:" + "a" * 200, "post_id"),
    ],
)
def test_bad_input_is_refused_by_name(client: FlaskClient, path: str, field: str) -> None:
    response = client.get(f"/api/v1/images/{path}")
    assert response.status_code == 400
    assert response.json["errors"][0]["field"] == field


def test_the_document_is_valid_and_has_the_route(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    validate(document)
    assert list(document["paths"]) == ["/api/v1/images/{post_id}"]
    answers = document["paths"]["/api/v1/images/{post_id}"]["get"]["responses"]
    assert "image/webp" in answers["200"]["content"]


@pytest.mark.parametrize(
    "given",
    [
        {"test_picture_server": "10.0.0.1:80", "host": "127.0.0.1"},
        {"test_picture_server": "127.0.0.1:80"},
        {"test_picture_server": "127.0.0.1:80", "host": "10.0.0.1"},
        {"refused_networks": "nonsense"},
    ],
)
def test_settings_that_would_open_a_door_end_the_process(given: Any) -> None:
    with pytest.raises(ValidationError):
        ImageSettings(**given)


def test_it_does_not_start_without_posts() -> None:
    with pytest.raises(SettingsError, match="POSTS_URL"):
        make_app(ImageSettings())
