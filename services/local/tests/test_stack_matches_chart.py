"""The local run and the chart describe the same house."""

from pathlib import Path

import pytest
import yaml

from reddit_reco_local.stack import ON, STREAMS, VERBS, callees_of

VALUES = Path(__file__).parents[3] / "charts" / "reddit-reco" / "values.yaml"
TABLE = yaml.safe_load(VALUES.read_text())["components"]


def callers_of(name):
    return {caller for caller in TABLE[name].get("callers", []) if caller != "ingress"}


def test_the_same_verbs_run_in_both():
    assert {verb.name for verb in VERBS} == set(TABLE)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_verb_has_the_same_routes_database_scopes_and_secrets(verb):
    entry = TABLE[verb.name]
    assert list(verb.prefixes) == entry["routes"]
    assert verb.enabled is entry.get("enabled", True)
    assert (verb.name if verb.database else None) == entry["database"]
    assert verb.scopes.split() == entry.get("scopes", [])
    assert list(verb.secrets) == entry.get("secrets", [])


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_verb_calls_the_same_others(verb):
    named_by_callee = {name for name in TABLE if verb.name in callers_of(name)}
    assert set(verb.calls) == set(TABLE[verb.name].get("calls", [])) | named_by_callee


def test_of_a_verb_that_is_switched_off_nobody_is_told():
    [web] = [verb for verb in VERBS if verb.name == "web"]
    assert "image" not in callees_of(web, ON)
    assert "image" in callees_of(web, (*ON, "image"))


def test_sync_has_the_same_streams():
    chart = [
        (entry["stream"], entry["from"], name, entry["collection"])
        for name, verb in TABLE.items()
        for entry in verb.get("syncs", [])
    ]
    local = [
        (s["stream"], s["source"]["db"], s["target"]["db"], s["target"]["collection"])
        for s in STREAMS
    ]
    assert sorted(local) == sorted(chart)
