"""Every route and type of problem of a service is in its OpenAPI document, every setting in
docs/operations.md.

The services are those found on disk, so that a new one is held to it by being there.
"""

import ast
import importlib
import inspect
import re
import sys
import textwrap
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from reddit_reco_chassis import Service, Settings, create_app, problems
from reddit_reco_local.describe import describe, documented, routes
from reddit_reco_local.keys import make_keys

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
            module = importlib.import_module(dotted(path))
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


@pytest.mark.parametrize("verb", VERBS)
def test_a_service_states_every_type_of_problem_that_it_raises_and_no_other(described, verb):
    stated = [one["type"] for one in described(verb)["document"]["x-problems"]]
    common = [one["type"] for one in problems.stated(problems.COMMON)]
    assert stated[: len(common)] == common
    assert sorted(stated[len(common) :]) == sorted(raised_by(f"reddit_reco_{verb}") - {*common})


def test_every_stated_type_of_problem_says_what_it_means(described):
    for verb in VERBS:
        for one in described(verb)["document"]["x-problems"]:
            assert one["description"].endswith("."), (verb, one["type"])


def raised_by(package):
    """URN of every type of problem that a package's code names, or what it takes from `synced`."""
    found = set()
    for path in SERVICES.glob(f"*/src/{package}/**/*.py"):
        if path.stem not in ("problems", "app", "__main__"):
            module = importlib.import_module(dotted(path))
            taken = [getattr(module, name, None) for name in loaded(module)]
            code = [one for one in taken if isinstance(one, ModuleType | FunctionType | type)]
            shared = [one for one in code if home(one).startswith("reddit_reco_synced")]
            found |= set[str]().union(*(named_in(one) for one in (module, *shared)))
    return found


def home(code):
    """The name of the module that code is of."""
    return code.__name__ if isinstance(code, ModuleType) else code.__module__


def named_in(code):
    """The types that the source of a module, function or class names."""
    names = vars(sys.modules[home(code)])
    kinds = [names.get(name) for name in loaded(code)]
    kinds = [one for one in kinds if isinstance(one, problems.ProblemType)]
    return {one["type"] for one in problems.stated(kinds)}


def loaded(code):
    tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def dotted(path):
    parts = path.relative_to(path.parents[-1]).with_suffix("").parts
    return ".".join(parts[parts.index("src") + 1 :])
