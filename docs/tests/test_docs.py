"""What can be set, said or typed is in the docs, and what the docs lead to is there."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OPERATIONS = (DOCS / "operations.md").read_text()
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md"], key=str)
TARGET = re.compile(r"^([a-z][a-z0-9-]*):(?!=).*##", re.MULTILINE)
VARIABLE = re.compile(
    r"""(?:environ\.get\(|required\(environ, |_?(?:number|flag)\(environ, )f?"([A-Z_{}a-z]+)"""
)
BUILT_FROM_SOURCE = {
    "sync": ROOT / "sync-cronjob" / "src",
    "mongodb-agent": ROOT / "images" / "mongodb" / "agent" / "src",
}


def settings_table():
    spec = importlib.util.spec_from_file_location("settings_table", DOCS / "settings_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def section(title):
    found = re.search(
        rf"^#+ {title}\n(.*?)(?=^##? |^### |\Z)", OPERATIONS, re.DOTALL | re.MULTILINE
    )
    assert found, f"operations.md has no section {title}"
    return found[1]


def test_every_setting_of_every_service_is_in_the_tables():
    table = settings_table()
    assert {"reddit_reco_posts", "reddit_reco_web"} <= set(table.packages())
    assert table.tables() in OPERATIONS, "run: .venv/bin/python docs/settings_table.py --write"


def test_every_setting_says_what_it_is():
    table = settings_table()
    for package in table.packages():
        for settings in table.classes(package):
            bare = [name for name, field in settings.model_fields.items() if not field.description]
            assert bare == [], settings


@pytest.mark.parametrize("component", BUILT_FROM_SOURCE)
def test_every_variable_that_is_read_elsewhere_is_documented(component):
    text = "".join(path.read_text() for path in BUILT_FROM_SOURCE[component].rglob("*.py"))
    names = set(VARIABLE.findall(text))
    assert len(names) >= 4
    documented = section(component)
    missing = [name for name in names if "{" not in name and f"`{name}`" not in documented]
    assert missing == []


def test_every_value_at_the_top_of_the_chart_is_documented():
    values = yaml.safe_load((ROOT / "charts" / "reddit-reco" / "values.yaml").read_text())
    documented = section("Values of the chart")
    assert [key for key in values if f"`{key}`" not in documented] == []


def test_every_command_is_documented_and_every_documented_command_exists():
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    documented = set(re.findall(r"^\| `make ([a-z0-9-]+)`", section("Commands"), re.MULTILINE))
    assert documented == targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_command_that_is_not_there(page):
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    named = re.findall(r"make (?:-s )?([a-z][a-z0-9-]+)(?= |`|\)|$)", _code(page), re.MULTILINE)
    assert set(named) - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(page):
    named = re.findall(
        r"`((?:services|charts|images|docs|benchmarks|k8s-tests|sync-cronjob)/[\w./-]*)`",
        page.read_text(),
    )
    made_by_the_guide = "services/follow/"
    missing = [
        name
        for name in named
        if not name.startswith(made_by_the_guide) and not (ROOT / name).exists()
    ]
    assert missing == []


def anchors(page):
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def _code(page):
    """What stands in code: in lines between back quotes, and in indented or fenced blocks."""
    text = page.read_text()
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", text)
    return "\n".join([*fenced, *inline, *re.findall(r"^    (.*)$", text, re.MULTILINE)])
