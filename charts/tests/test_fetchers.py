"""The fetchers of live sources: off by default, HTTPS alone when on."""

import pytest

NAMES = ["hn", "reddit"]


def _pod(objects, find, name):
    job = find(objects, "CronJob", f"reddit-reco-fetch-{name}")["spec"]["jobTemplate"]
    return job["spec"]["template"]


def test_nothing_is_fetched_by_default(render):
    assert not [o for o in render() if "fetch" in o["metadata"]["name"]]


@pytest.mark.parametrize("name", NAMES)
def test_one_can_be_switched_on_alone(render, name):
    off = f"fetchers.{next(each for each in NAMES if each != name)}.enabled=false"
    objects = render("fetchers", "--set", off)
    made = {o["metadata"]["name"] for o in objects if "fetch" in o["metadata"]["name"]}
    assert made == {f"reddit-reco-fetch-{name}"}


@pytest.mark.parametrize("name", NAMES)
def test_a_fetcher_runs_ingest_s_image_and_never_twice_at_once(render, find, name):
    objects = render("fetchers")
    assert (
        find(objects, "CronJob", f"reddit-reco-fetch-{name}")["spec"]["concurrencyPolicy"]
        == "Forbid"
    )
    container = _pod(objects, find, name)["spec"]["containers"][0]
    ingest = find(objects, "Deployment", "reddit-reco-ingest-v1")["spec"]["template"]["spec"]
    assert container["image"] == ingest["containers"][0]["image"]
    assert container["command"][-2:] == ["reddit_reco_ingest.fetch", name]
    variables = [each["name"] for each in container["env"]]
    assert {"POSTS_URL", "MONGODB_URI", "MONGODB_DATABASE", "SERVICE_TOKEN_FILE"} <= set(variables)
    assert len(variables) == len(set(variables))


def test_reddit_is_told_what_the_values_say(render, find):
    pod = _pod(render("fetchers"), find, "reddit")["spec"]
    container = pod["containers"][0]
    assert container["args"] == ["--subreddit", "python", "--subreddit", "bicycling"]
    environment = {each["name"]: each.get("value") for each in container["env"]}
    assert environment["FETCH_USER_AGENT"].endswith("(by /u/example)")
    mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    volumes = {each["name"]: each for each in pod["volumes"]}
    secret = volumes[mounts[environment["REDDIT_CREDENTIALS"]]]["secret"]["secretName"]
    assert secret == "reddit-app"


@pytest.mark.parametrize("name", NAMES)
def test_it_may_go_out_by_https_and_reach_what_ingest_reaches(render, find, name):
    objects = render("fetchers")
    labels = _pod(objects, find, name)["metadata"]["labels"].items()
    own = find(objects, "NetworkPolicy", f"reddit-reco-fetch-{name}")["spec"]
    assert own["podSelector"]["matchLabels"].items() <= labels
    (rule,) = own["egress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 443}]
    assert "169.254.0.0/16" in rule["to"][0]["ipBlock"]["except"]
    ingest = find(objects, "NetworkPolicy", "reddit-reco-ingest")["spec"]
    assert ingest["podSelector"]["matchLabels"].items() <= labels


def test_no_other_pod_may_go_out(render, find, pod_specs):
    objects = render("fetchers")
    for name in NAMES:
        own = find(objects, "NetworkPolicy", f"reddit-reco-fetch-{name}")["spec"]
        selector = own["podSelector"]["matchLabels"].items()
        chosen = [pod for pod, labels, _ in pod_specs(objects) if selector <= labels.items()]
        assert chosen == [f"CronJob/reddit-reco-fetch-{name}"]
