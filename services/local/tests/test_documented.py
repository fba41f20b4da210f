"""Every route of every service is in its OpenAPI document, every setting in docs/operations.md.

The services are those found on disk, so that a new one is held to it by being there.
"""

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from reddit_reco_chassis import Service, Settings, create_app
from reddit_reco_local.describe import describe, documented, routes
from reddit_reco_local.keys import make_keys
from reddit_reco_web import problems

ROOT = Path(__file__).parents[3]
SERVICES = ROOT / "services"
VERBS = sorted(path.parts[-2][12:] for path in SERVICES.glob("*/src/reddit_reco_*/app.py"))
VERBS.remove("chassis")
# Its routes are pages for people; what it documents is what the others do.
PAGES = "web"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


@pytest.fixture(scope="session")
def described(tmp_path_factory):
    keys = tmp_path_factory.mktemp("describe") / "keys"
    make_keys(keys)
    return cache(lambda verb: describe(verb, keys))


def unlike(routed, document):
    """What is only routed, or only documented."""
    return sorted(routed ^ documented(document))


def test_all_services_are_found():
    on_disk = {path.parent.name for path in SERVICES.glob("*/Dockerfile")}
    assert set(VERBS) == on_disk
    assert len(VERBS) >= 11


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != PAGES])
def test_a_service_documents_its_routes_and_no_others(described, verb):
    found = described(verb)
    assert found["routes"]
    assert unlike({tuple(one) for one in found["routes"]}, found["document"]) == []


def test_web_has_pages_and_no_interface_of_its_own(described):
    found = described(PAGES)
    assert found["document"]["paths"] == {}
    assert [path for _, path in found["routes"] if path.startswith(("/api", "/s/"))] == []


@pytest.mark.parametrize("verb", VERBS)
def test_its_document_is_openapi_3_1(described, verb):
    document = described(verb)["document"]
    assert document["openapi"].startswith("3.1.")
    validate(document, cls=OpenAPIV31SpecValidator)


@pytest.mark.parametrize("verb", VERBS)
def test_every_operation_says_what_it_does_and_what_it_answers(described, verb):
    for path, item in described(verb)["document"]["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            assert operation["summary"].strip(), where
            assert [each for each in operation["responses"] if each[0] in "23"], where
            bare = [
                each["name"] for each in operation.get("parameters", []) if "schema" not in each
            ]
            assert bare == [], where


@pytest.mark.parametrize("verb", VERBS)
def test_every_setting_of_a_service_is_in_the_tables(described, verb):
    tables = settings_section("Every service") + settings_section(verb)
    names = described(verb)["settings"]
    assert [name for name in names if f"| `{name.upper()}` |" not in tables] == []


def test_every_class_of_settings_is_in_the_tables():
    found = dict(settings_classes())
    assert {"PostsSettings", "WebSettings"} <= set(found)
    missing = [
        (kind, name)
        for kind, fields in found.items()
        for name in fields
        if f"`{name.upper()}`" not in OPERATIONS
    ]
    assert missing == []


def settings_section(title):
    found = re.search(rf"^### {title}\n(.*?)(?=^##|\Z)", OPERATIONS, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


def settings_classes():
    """Every class of settings in the services, by name, with its fields."""
    for path in SERVICES.glob("*/src/**/*.py"):
        if re.search(r"^class \w+\(\w*Settings\):", path.read_text(), re.MULTILINE):
            parts = path.relative_to(path.parents[-1]).with_suffix("").parts
            module = importlib.import_module(".".join(parts[parts.index("src") + 1 :]))
            for name, kind in vars(module).items():
                if isinstance(kind, type) and issubclass(kind, Settings):
                    yield name, kind.model_fields


def test_an_undocumented_route_is_found():
    app = create_app(Service("small", "1", "A small one."), Settings(), blueprints=[])
    assert unlike(routes(app), app.api_doc) == []
    app.get("/api/v1/small/<path:post_id>/inside", endpoint="inside")(lambda post_id: post_id)

    @app.route("/secret", methods=["POST"])
    def secret():
        return {}

    found = unlike(routes(app), app.test_client().get("/openapi.json").get_json())
    assert ("POST", "/secret") in found


def test_a_route_that_is_only_documented_is_found():
    document = {"paths": {"/api/v1/small": {"get": {}}}}
    assert unlike(set(), document) == [("GET", "/api/v1/small")]


def test_every_type_of_problem_in_the_services_is_in_the_reference():
    raised = {found for path in SERVICES.glob("*/src/**/*.py") for found in raised_in(path)}
    assert len(raised) > 30
    assert raised - {(one.status, one.code) for one in problems.TYPES} == set()


def raised_in(path):
    """Status and type of each problem that a module spells out."""
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call):
            given = [one.value for one in call.args if isinstance(one, ast.Constant)]
            if isinstance(call.func, ast.Name) and call.func.id == "_later":
                given.insert(0, 503)
            if len(given) >= 2 and given[0] in range(400, 600) and isinstance(given[1], str):
                yield given[0], given[1]
