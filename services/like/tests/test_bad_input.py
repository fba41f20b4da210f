import pytest
from flask.testing import FlaskClient

URL = "/api/v1/likes"
BAD_IDS = [
    "noid",
    ":1",
    "reddit:",
    "Reddit:1",
    "reddit:a%20b",
    "reddit:a/b",
    "reddit:a%00b",
    "reddit:%C3%A9",
    "reddit:" + "a" * 194,
    "counts",
    "../../etc:1",
]


@pytest.mark.parametrize("post", BAD_IDS)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_is_no_post_id_is_refused(ann: FlaskClient, method: str, post: str) -> None:
    response = ann.open(f"{URL}/{post}", method=method)
    assert response.status_code == 400
    assert response.json["errors"][0]["field"] == "post_id"


@pytest.mark.parametrize("post", BAD_IDS)
def test_what_is_no_post_id_has_no_count(nobody: FlaskClient, post: str) -> None:
    assert nobody.get(f"{URL}/{post}/count").status_code == 400
    response = nobody.get(f"{URL}/counts?post=reddit:1&post={post}")
    assert (response.status_code, response.json["errors"][0]["field"]) == (400, "post.1")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("cursor=x", "cursor"),
        ("cursor=WzEsMl0", "cursor"),
        ("cursor=WyIxIiwiYSJd", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=" + "a" * 3000, "cursor"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("more=1", "more"),
    ],
)
def test_bad_parameters_are_refused_by_name(ann: FlaskClient, query: str, field: str) -> None:
    response = ann.get(f"{URL}?{query}")
    assert response.status_code == 400
    assert response.json["errors"][0]["field"] == field


def test_no_post_and_too_many_posts_have_no_counts(nobody: FlaskClient) -> None:
    many = "&".join(f"post=reddit:{number}" for number in range(101))
    for query in ("", many, "post=reddit:1&more=2"):
        response = nobody.get(f"{URL}/counts?{query}")
        assert response.status_code == 400
        assert response.json["errors"][0]["field"] in ("post", "more")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("PUT", "/reddit:1"), ("DELETE", "/reddit:1")]
)
def test_nobody_likes_without_a_token(nobody: FlaskClient, method: str, path: str) -> None:
    assert nobody.open(URL + path, method=method).status_code == 401
    forged = {"Authorization": "Bearer x.y.z"}
    assert nobody.open(URL + path, method=method, headers=forged).status_code == 401
