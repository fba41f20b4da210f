"""How requests come in: host, base path, TLS, versions by weight and by name."""

from collections import Counter

import pytest

GATEWAY = ("--set", "gateway.name=public", "--set-string", "gateway.enabled=true")


def test_base_path_host_and_tls_reach_the_ingress_and_the_services(render, find):
    objects = render("base-path-tls")
    spec = find(objects, "Ingress", "reddit-reco")["spec"]
    assert spec["tls"] == [{"hosts": ["posts.example.org"], "secretName": "posts-example-org"}]
    assert spec["rules"][0]["host"] == "posts.example.org"
    paths = {path["path"] for path in spec["rules"][0]["http"]["paths"]}
    assert {"/reco", "/reco/s/", "/reco/api/v1/posts", "/reco/.well-known/jwks.json"} <= paths
    assert all(path.startswith("/reco") for path in paths)
    for item in objects:
        if item["kind"] == "Deployment":
            env = item["spec"]["template"]["spec"]["containers"][0]["env"]
            assert {"name": "BASE_PATH", "value": "/reco"} in env
            assert {"name": "OPEN_READING", "value": "false"} in env


def test_the_longest_route_comes_first(objects):
    for item in objects:
        if item["kind"] == "Ingress":
            lengths = [len(path["path"]) for path in item["spec"]["rules"][0]["http"]["paths"]]
            assert lengths == sorted(lengths, reverse=True)


def test_versions_have_their_own_deployment_and_service(render, find):
    objects = render("versions")
    for version in ["v1", "v2-canary", "v3-dark"]:
        deployment = find(objects, "Deployment", f"reddit-reco-search-{version}")
        service = find(objects, "Service", f"reddit-reco-search-{version}")
        assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
        env = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
        assert {"name": "VERSION", "value": version} in env


def test_a_version_has_its_own_image_replicas_and_environment(render, find):
    spec = find(render("versions"), "Deployment", "reddit-reco-search-v2-canary")["spec"]
    container = spec["template"]["spec"]["containers"][0]
    assert spec["replicas"] == 1
    assert container["image"] == "reddit-reco/search:0.2.0"
    assert {"name": "LOG_LEVEL", "value": "debug"} in container["env"]


def test_the_stable_service_leaves_out_a_version_without_weight(render, find):
    objects = render("versions")
    selector = find(objects, "Service", "reddit-reco-search")["spec"]["selector"]
    reached = {
        item["metadata"]["name"]
        for item in objects
        if item["kind"] == "Deployment"
        and selector.items() <= item["spec"]["template"]["metadata"]["labels"].items()
    }
    assert reached == {"reddit-reco-search-v1", "reddit-reco-search-v2-canary"}


def test_the_stable_path_goes_by_weight_with_the_gateway_api(render, find):
    objects = render("versions")
    assert not [o for o in objects if o["kind"] == "Ingress"]
    spec = find(objects, "HTTPRoute", "reddit-reco-search")["spec"]
    assert spec["parentRefs"] == [
        {"name": "public", "namespace": "gateways", "sectionName": "https"}
    ]
    backends = {ref["name"]: ref["weight"] for ref in spec["rules"][0]["backendRefs"]}
    assert backends == {
        "reddit-reco-search-v1": 90,
        "reddit-reco-search-v2-canary": 10,
        "reddit-reco-search-v3-dark": 0,
    }


def test_a_header_leads_to_a_version_by_name(render, find):
    rules = find(render("versions"), "HTTPRoute", "reddit-reco-search")["spec"]["rules"]
    by_name = {
        rule["matches"][0]["headers"][0]["value"]: rule["backendRefs"][0]["name"]
        for rule in rules[1:]
    }
    assert by_name == {v: f"reddit-reco-search-{v}" for v in ["v1", "v2-canary", "v3-dark"]}


@pytest.mark.parametrize("known", [True, False])
def test_auto_takes_the_gateway_api_where_the_cluster_has_it(render, known):
    api = ["--api-versions", "gateway.networking.k8s.io/v1/HTTPRoute"] if known else []
    kinds = {o["kind"] for o in render("default", "--set", "gateway.name=public", *api)}
    assert ("HTTPRoute" in kinds) == known


def test_the_ingress_stays_beside_the_gateway_until_it_is_taken_away(render):
    before, with_both = render("default"), render("default", *GATEWAY)
    without = render("default", *GATEWAY, "--set", "ingress.enabled=false")
    kinds = [Counter(o["kind"] for o in objects) for objects in (before, with_both, without)]
    assert [(each["Ingress"], each["HTTPRoute"] > 0) for each in kinds] == [
        (1, False),
        (1, True),
        (0, True),
    ]
    # One step adds, the other takes away; nothing else is touched, and no pod is.
    assert [o for o in with_both if o["kind"] != "HTTPRoute"] == before
    assert [o for o in with_both if o["kind"] != "Ingress"] == without


def test_both_lead_every_path_to_the_same_verb(render, find):
    objects = render("base-path-tls", *GATEWAY)
    ingress = find(objects, "Ingress", "reddit-reco")["spec"]["rules"][0]["http"]["paths"]
    by_ingress = {path["path"]: path["backend"]["service"]["name"] for path in ingress}
    by_gateway = {
        match["path"]["value"]: item["metadata"]["name"]
        for item in objects
        if item["kind"] == "HTTPRoute"
        for match in item["spec"]["rules"][0]["matches"]
    }
    assert by_ingress == by_gateway


def test_auto_stays_with_the_ingress_without_a_gateway_to_attach_to(render):
    api = ["--api-versions", "gateway.networking.k8s.io/v1/HTTPRoute"]
    assert "Ingress" in {o["kind"] for o in render("default", *api)}


def test_a_version_in_vain_is_refused(refusal):
    dark = 'services.posts.versions=[{"name":"v1","replicas":1,"weight":0}]'
    assert "no version has a weight" in refusal("--set-json", dark)
    twice = ",".join(['{"name":"v1","replicas":1,"weight":1}'] * 2)
    assert "v1 is there twice" in refusal("--set-json", f"services.posts.versions=[{twice}]")
    empty = 'services.posts.versions=[{"name":"v1","replicas":0,"weight":1}]'
    assert "v1 has a weight and no replicas" in refusal("--set-json", empty)


def test_a_version_without_replicas_is_scaled_by_the_autoscaler(render):
    empty = 'services.posts.versions=[{"name":"v1","replicas":0,"weight":1}]'
    scaled = "services.posts.autoscaling.enabled=true"
    kinds = [o["kind"] for o in render("default", "--set-json", empty, "--set", scaled)]
    assert "HorizontalPodAutoscaler" in kinds
