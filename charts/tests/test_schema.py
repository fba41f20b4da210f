"""Values are checked strictly, and every one of them is documented."""

import importlib.util
from pathlib import Path

import pytest

CHART = Path(__file__).parents[1] / "reddit-reco"
INBOX = '{"from":"%s","stream":"posts","collection":"inbox"}'


def _docs():
    spec = importlib.util.spec_from_file_location("values_table", CHART / "values_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("hots=x", "hots"),
        ("tls.secret=x", "secret"),
        ("components.posts.route=x", "route"),
        ("services.posts.replicas=2", "replicas"),
        ("services.posts.image.tags=2", "tags"),
        ("serviceDefaults.hpa=2", "hpa"),
        ("mongodb.replicaCount=3", "replicaCount"),
        ("mongodb.persistence.storageclass=x", "storageclass"),
        ("mongodb.agent.imge=x", "imge"),
        ("sync.followSecs=1", "followSecs"),
        ("ingress.host=x", "host"),
        ("gateway.class=x", "class"),
        ("networkPolicy.enable=true", "enable"),
        ("starterPosts.file=x", "file"),
        ("secrets.existing=x", "existing"),
    ],
)
def test_an_unknown_key_is_refused_with_its_name(refusal, path, key):
    assert f"additional properties '{key}' not allowed" in refusal("--set", path)


@pytest.mark.parametrize("path", ["global.anything=1", "enabled=false"])
def test_what_a_parent_chart_passes_down_is_taken(render, path):
    assert render("default", "--set", path)


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("mongodb.replicas=2", "/mongodb/replicas"),
        ("basePath=reco", "/basePath"),
        ("logLevel=loud", "/logLevel"),
        ("services.posts.env.LOG_LEVEL=1", "/services/posts/env/LOG_LEVEL"),
        ("sync.followSeconds=-1", "/sync/followSeconds"),
        ("mongodb.cacheSizeGB=0.1", "/mongodb/cacheSizeGB"),
        ("components.mongodb.port=1", "/components"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(refusal, path, where):
    assert where in refusal("--set", path)


@pytest.mark.parametrize(
    ("flag", "argument", "message"),
    [
        (
            "--set",
            "services.follow.drainSeconds=3",
            "services.follow: components has no such entry",
        ),
        ("--set", "components.web.calls={follow}", "calls or is called by follow"),
        ("--set", "components.web.callers={follow}", "calls or is called by follow"),
        ("--set-json", f"components.web.syncs=[{INBOX % 'posts'}]", "components.web.database"),
        ("--set-json", f"components.search.syncs=[{INBOX % 'web'}]", "search.syncs: web"),
        ("--set", "mongodb.enabled=false", "mongodb.external.hide: needs a uri"),
        (
            "--set",
            "mongodb.external.posts.uri=mongodb://x",
            "mongodb.external: set mongodb.enabled",
        ),
        ("--set", "tls.secretName=x", "host: a certificate is for a host"),
        ("--set-string", "gateway.enabled=true", "gateway.name"),
        (
            "--set-json",
            'services.posts.autoscaling={"enabled":true,"minReplicas":7}',
            "services.posts.autoscaling: minReplicas is more than maxReplicas",
        ),
        ("--set", "fetchers.reddit.enabled=true", "fetchers.reddit.subreddits: which ones"),
    ],
)
def test_values_that_contradict_each_other_are_refused_with_advice(
    refusal, flag, argument, message
):
    assert message in refusal(flag, argument)


def test_every_value_is_documented_where_it_stands():
    assert _docs().undocumented() == []


def test_the_readme_has_the_table_of_values():
    docs = _docs()
    assert docs.table() in (CHART / "README.md").read_text(), (
        "run: python charts/reddit-reco/values_table.py --write"
    )
