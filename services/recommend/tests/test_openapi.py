"""The service describes itself."""

from openapi_spec_validator import validate

from .conftest import post


def test_the_description_is_valid_and_names_every_route(start):
    document = start(post("1")).client().get("/openapi.json").get_json()
    validate(document)
    assert set(document["paths"]) == {
        "/api/v1/recommend",
        "/api/v1/recommend/similar/{post}",
        "/api/v1/recommend/topics",
    }
