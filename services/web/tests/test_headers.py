import hashlib
import re
from pathlib import Path

import pytest

PATHS = ["/", "/search?q=number", "/search", "/posts/reddit:p1", "/about", "/nowhere"]


def policy(response):
    parts = response.headers["Content-Security-Policy"].split("; ")
    return {part.split()[0]: part.split()[1:] for part in parts}


@pytest.mark.parametrize("path", [*PATHS, "/healthz", "/robots.txt", "/favicon.ico"])
def test_every_response_carries_the_security_headers(client, path):
    response = client.get(path)
    rules = policy(response)
    assert rules["default-src"] == ["'none'"]
    assert rules["script-src"] == rules["style-src"] == ["'self'"]
    assert rules["frame-ancestors"] == rules["base-uri"] == ["'none'"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_https_is_made_to_last_only_where_it_is(client):
    assert "Strict-Transport-Security" not in client.get("/about").headers
    secure = client.get("/about", headers={"X-Forwarded-Proto": "https"})
    assert "max-age" in secure.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_loads_nothing_from_elsewhere_and_weighs_little(client, path):
    text = client.get(path, headers={"Accept": "text/html"}).text
    loaded = re.findall(r'<(?:link|script|img|source|iframe)[^>]+(?:href|src)="([^"]+)"', text)
    assert loaded
    assert all(address.startswith("/") and address[:2] != "//" for address in loaded)
    weight = len(text.encode()) + sum(len(client.get(address).data) for address in set(loaded))
    assert weight <= 100_000


def test_static_files_are_kept_for_good_under_the_hash_of_their_content(client):
    style = re.search(r'href="(/assets/site\.[0-9a-f]{12}\.css)"', client.get("/").text)[1]
    response = client.get(style)
    assert response.status_code == 200
    assert response.content_type == "text/css; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    again = client.get(style, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_the_hash_of_another_version_is_answered_but_not_kept(client):
    response = client.get("/assets/site.000000000000.css")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["site.css", "x.000000000000.css", "..%2Fapp.py", "site..css"])
def test_other_names_are_not_static_files(client, name):
    assert client.get(f"/assets/{name}").status_code == 404


def test_pages_are_not_kept_by_caches_in_between(client):
    assert client.get("/").headers["Cache-Control"] == "private, no-cache"


def test_htmx_is_the_file_that_the_readme_names():
    folder = Path(__file__).parents[1]
    [file] = (folder / "src/reddit_reco_web/static").glob("htmx-*.min.js")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert f"`{digest}`" in (folder / "README.md").read_text()
    assert file.with_name(file.name.replace("min.js", "LICENSE.txt")).exists()
