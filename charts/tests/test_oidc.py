"""Signing in with an OpenID provider: off by default; login alone has the secret and goes out."""

import pytest
import yaml

NEEDED = {
    "name": "Example",
    "issuer": "https://id.example.org",
    "clientId": "reco",
    "existingSecret": "oidc-client",
    "redirectUrl": "https://reco.example.org/sign-in/oidc/callback",
}


def _container(objects, find, verb):
    pod = find(objects, "Deployment", f"reddit-reco-{verb}-v1")["spec"]["template"]["spec"]
    return pod, {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}


def _given(**changes):
    values = {**NEEDED, **changes, "enabled": "true"}
    pairs = [f"oidc.{key}={value}" for key, value in values.items()]
    return [argument for pair in pairs for argument in ("--set", pair)]


def _egress(objects, find, verb):
    return find(objects, "NetworkPolicy", f"reddit-reco-{verb}")["spec"].get("egress") or []


def test_nothing_of_it_is_there_by_default(render):
    assert "oidc" not in yaml.safe_dump(render()).lower()


def test_login_knows_the_client_and_web_the_name(render, find):
    objects = render("oidc")
    pod, env = _container(objects, find, "login")
    assert env["OIDC_ISSUER"] == "https://id.example.org:8443/realms/main"
    assert env["OIDC_CLIENT_ID"] == "reddit-reco"
    assert env["OIDC_REDIRECT_URL"] == "https://reco.example.org/reco/sign-in/oidc/callback"
    mounts = {each["mountPath"]: each["name"] for each in pod["containers"][0]["volumeMounts"]}
    volumes = {each["name"]: each for each in pod["volumes"]}
    secret = volumes[mounts[env["OIDC_SECRET_FOLDER"]]]["secret"]
    assert secret == {"secretName": "oidc-client"}
    assert _container(objects, find, "web")[1]["OIDC_NAME"] == "Example"


def test_no_other_pod_reads_the_secret(render, pod_specs):
    readers = [
        name for name, _, spec in pod_specs(render("oidc")) if "oidc-client" in yaml.safe_dump(spec)
    ]
    assert readers == ["Deployment/reddit-reco-login-v1"]


def test_login_alone_goes_out_and_to_nothing_private(render, find):
    before, after = render("one-member"), render("oidc")
    for policy in (each for each in after if each["kind"] == "NetworkPolicy"):
        name = policy["metadata"]["name"].removeprefix("reddit-reco-")
        same = _egress(before, find, name) == _egress(after, find, name)
        assert same is (name != "login"), name
    (rule,) = [each for each in _egress(after, find, "login") if "ipBlock" in each["to"][0]]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8443}]
    excepted = rule["to"][0]["ipBlock"]["except"]
    assert {"10.0.0.0/8", "169.254.0.0/16", "127.0.0.0/8"} <= set(excepted)


def test_the_port_is_that_of_https_unless_the_issuer_says_another(render, find):
    objects = render("default", *_given())
    (rule,) = [each for each in _egress(objects, find, "login") if "ipBlock" in each["to"][0]]
    assert rule["ports"] == [{"protocol": "TCP", "port": 443}]


def test_the_way_to_a_provider_in_a_private_network_can_be_given(render, find):
    rule = '[{"to":[{"ipBlock":{"cidr":"10.1.2.3/32"}}]}]'
    rules = _egress(render("oidc", "--set-json", f"oidc.egress={rule}"), find, "login")
    blocks = [each["to"][0]["ipBlock"] for each in rules if "ipBlock" in each["to"][0]]
    assert blocks == [{"cidr": "10.1.2.3/32"}]


@pytest.mark.parametrize("key", NEEDED)
def test_what_is_missing_is_asked_for_by_name(refusal, key):
    assert f"oidc.{key}: " in refusal(*_given(**{key: ""}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("issuer", "http://id.example.org"),
        ("issuer", "https://id.example.org/?x=1"),
        ("redirectUrl", "/callback"),
        ("clientSecret", "in-plain"),
    ],
)
def test_a_wrong_value_is_refused(refusal, key, value):
    message = refusal(*_given(**{key: value}))
    assert f"/oidc/{key}" in message or f"'{key}' not allowed" in message
