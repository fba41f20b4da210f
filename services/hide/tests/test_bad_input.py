import pytest
from flask.testing import FlaskClient

URL = "/api/v1/hidden"
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
    "all",
    "subreddits",
    "../../etc:1",
]


@pytest.mark.parametrize("post", BAD_IDS)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_is_no_post_id_is_refused(ann: FlaskClient, method: str, post: str) -> None:
    response = ann.open(f"{URL}/{post}", method=method)
    assert response.status_code == 400
    assert response.json["errors"][0]["field"] == "post_id"


@pytest.mark.parametrize(
    "name",
    ["%00", "a%0Ab", "%7F", "x" * 201, "a%2Fb", ""],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_is_no_name_of_a_subreddit_is_refused(
    ann: FlaskClient, method: str, name: str
) -> None:
    response = ann.open(f"{URL}/subreddits/{name}", method=method)
    assert response.status_code == 400
    assert response.json["errors"][0]["field"] in ("name", "post_id")


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


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/all"),
        ("PUT", "/reddit:1"),
        ("DELETE", "/reddit:1"),
        ("PUT", "/subreddits/python"),
        ("DELETE", "/subreddits/python"),
    ],
)
def test_nobody_hides_without_a_token(nobody: FlaskClient, method: str, path: str) -> None:
    assert nobody.open(URL + path, method=method).status_code == 401
    forged = {"Authorization": "Bearer x.y.z"}
    assert nobody.open(URL + path, method=method, headers=forged).status_code == 401
