"""What holds for everything that the chart renders, in every scenario."""

import json
import re
import subprocess
from pathlib import Path

import yaml

CHART = Path(__file__).parents[1] / "reddit-reco"
CHANGING = {"helm.sh/chart", "app.kubernetes.io/version"}


def test_every_scenario_says_what_it_proves():
    for path in CHART.glob("ci/*-values.yaml"):
        assert path.read_text().startswith("# Proves "), path


def test_rendering_twice_gives_the_same(scenario, tool):
    command = [tool("helm"), "template", "reddit-reco", CHART, "-n", "reddit-reco"]
    command += ["--kube-version", "1.36.3", "-f", CHART / "ci" / f"{scenario}-values.yaml"]
    first, second = (subprocess.run(command, capture_output=True, check=True) for _ in range(2))
    assert first.stdout == second.stdout


def test_no_password_is_rendered(scenario, objects):
    secrets = [item["metadata"]["name"] for item in objects if item["kind"] == "Secret"]
    # A URI that was written into the values has no other place to go.
    assert secrets == (["reddit-reco-external-search"] if scenario == "external-mongodb" else [])


def test_what_is_immutable_does_not_change_with_the_chart(objects):
    for item in objects:
        spec = item.get("spec", {})
        fixed = str(spec.get("selector")) + str(spec.get("volumeClaimTemplates"))
        assert not [label for label in CHANGING if label in fixed], item["metadata"]["name"]


def test_selectors_find_the_pods_of_their_own_template(objects):
    for item in objects:
        if item["kind"] in {"Deployment", "StatefulSet"}:
            labels = item["spec"]["template"]["metadata"]["labels"]
            assert item["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_every_service_finds_pods(objects, pod_specs):
    labels = [labels for _, labels, _ in pod_specs(objects)]
    for item in objects:
        if item["kind"] == "Service":
            selector = item["spec"]["selector"].items()
            assert any(selector <= pod.items() for pod in labels), item["metadata"]["name"]


def test_no_job_gets_the_requests_of_a_service(render, pod_specs):
    objects = render("one-member")
    selectors = [o["spec"]["selector"].items() for o in objects if o["kind"] == "Service"]
    for name, labels, _ in pod_specs(objects):
        if name.startswith(("Job/", "CronJob/", "Pod/")):
            assert not any(selector <= labels.items() for selector in selectors), name


def test_names_fit(render):
    objects = render("versions", "--set", "fullnameOverride=a-release-with-a-name-as-long-")
    for item in objects:
        limit = 52 if item["kind"] in {"StatefulSet", "CronJob"} else 63
        name = item["metadata"]["name"]
        assert len(name) <= limit
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", name), name


def test_two_releases_in_one_namespace_share_no_name_and_no_pod(tool, render):
    command = [tool("helm"), "template", "other", CHART, "-n", "reddit-reco"]
    text = subprocess.run(
        [*command, "--kube-version", "1.36.3"], capture_output=True, check=True
    ).stdout
    other = {(o["kind"], o["metadata"]["name"]) for o in yaml.safe_load_all(text) if o}
    assert not other & {(o["kind"], o["metadata"]["name"]) for o in render()}


def test_every_mounted_secret_is_made_by_the_job(render, find):
    objects = render("one-member")
    file = json.loads(find(objects, "ConfigMap", "reddit-reco-secrets")["data"]["secrets.json"])
    made = {"mongodb-keyfile", "mongodb-root", "signing-key", "jwks"}
    made |= {f"mongodb-{name}" for name in file["databases"]}
    made |= {f"token-{name}" for name in file["tokens"]}
    made |= {"admin"} if file["admin"] else set()
    text = str([o for o in objects if o["kind"] != "Role"])
    used = set(re.findall(r"'secretName': '([^']+)'", text))
    used |= set(re.findall(r"'secretKeyRef': {'name': '([^']+)'", text))
    used |= set(re.findall(r"'secret': {'name': '([^']+)'", text))
    assert used <= {f"reddit-reco-{name}" for name in made}
    assert len(used) >= 7


def test_the_secrets_job_may_touch_its_own_secrets_only(render, find):
    rules = find(render(), "Role", "reddit-reco-secrets")["rules"]
    unbounded = [rule for rule in rules if "resourceNames" not in rule]
    assert [(rule["resources"], rule["verbs"]) for rule in unbounded] == [
        (["secrets"], ["create"]),
        (["persistentvolumeclaims"], ["list"]),
    ]


def test_replicas_are_left_to_the_autoscaler_where_there_is_one(render, find):
    deployment = find(render("ha"), "Deployment", "reddit-reco-posts-v1")
    assert "replicas" not in deployment["spec"]
    assert find(render("ha"), "HorizontalPodAutoscaler", "reddit-reco-posts-v1")
    assert find(render(), "Deployment", "reddit-reco-posts-v1")["spec"]["replicas"] == 1


def test_only_the_chosen_registry_is_used(render, pod_specs):
    images = {
        container["image"]
        for _, _, spec in pod_specs(render("registry"))
        for container in spec["containers"] + spec.get("initContainers", [])
    }
    own = {image for image in images if image.startswith("registry.example.org/team/reddit-reco/")}
    assert images - own == {"docker.io/mongo:8"}
