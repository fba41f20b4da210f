"""How much each verb counts for recommend is a matter of values."""

import json

from reddit_reco_recommend.settings import RecommendSettings

VERBS = ("LIKE", "TAG", "RULE", "SHARE", "HIDE")


def _environment(objects, find, version="v1"):
    pod = find(objects, "Deployment", f"reddit-reco-recommend-{version}")["spec"]["template"][
        "spec"
    ]
    return {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}


def test_the_values_name_each_weight_as_the_service_has_it(render, find):
    given = _environment(render("default"), find)
    for verb in VERBS:
        default = RecommendSettings.model_fields[f"weight_{verb.lower()}"].default
        assert float(given[f"WEIGHT_{verb}"]) == default


def test_one_weight_is_set_without_the_others(render, find):
    given = _environment(
        render("default", "--set-string", "services.recommend.env.WEIGHT_SHARE=3"), find
    )
    assert (given["WEIGHT_SHARE"], given["WEIGHT_LIKE"]) == ("3", "1.0")


def test_a_version_beside_another_tries_other_weights(render, find):
    versions = [
        {"name": "v1", "replicas": 1, "weight": 90},
        {"name": "v2-bold", "replicas": 1, "weight": 10, "env": {"WEIGHT_TAG": "4"}},
    ]
    set_to = f"services.recommend.versions={json.dumps(versions)}"
    objects = render("default", "--set-json", set_to)
    assert _environment(objects, find)["WEIGHT_TAG"] == "1.2"
    assert _environment(objects, find, "v2-bold")["WEIGHT_TAG"] == "4"
