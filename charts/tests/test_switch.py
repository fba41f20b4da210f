"""A verb is left out by one value, and nothing is left of it."""

import json
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import yaml

CHART = Path(__file__).parents[1] / "reddit-reco"
TABLE = yaml.safe_load((CHART / "values.yaml").read_text())["components"]
# Where there is more to leave behind: starter posts, autoscalers, HTTPRoutes.
CASES = [*((verb, "one-member") for verb in TABLE), ("like", "ha"), ("search", "versions")]
INSIDE = [
    *("0.0.0.1", "10.96.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "168.63.129.16"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.1.1"),
    *("198.18.0.1", "224.0.0.1", "255.255.255.255"),
    *("::1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "fc00::1", "fd00:ec2::254", "fe80::1"),
    *("ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1"),
]
PUBLIC = ["1.1.1.1", "93.184.215.14", "172.32.0.1", "223.255.255.1", "2606:4700::1111", "2a00::1"]


def off(*verbs):
    """Arguments that switch verbs off, with all that cannot work without them."""
    gone = set(verbs)
    while more := {name for name in TABLE if gone & set(TABLE[name].get("needs", []))} - gone:
        gone |= more
    switches = [f"components.{verb}.enabled=false" for verb in sorted(gone)]
    switches += ["starterPosts.enabled=false"] if "ingest" in gone else []
    return "--set", ",".join(switches)


def traces(objects, verb):
    """What still speaks of a verb."""
    text = json.dumps(objects).replace("\\", "")
    words = [
        f'reddit-reco-{verb}"',
        f"reddit-reco-{verb}-",
        f"reddit-reco-{verb}:",
        f"reddit-reco-mongodb-{verb}",
        f"reddit-reco-token-{verb}",
        f"reddit-reco/{verb}:",
        f"{verb.upper()}_URL",
        f'"db": "{verb}"',
        f'"username": "{verb}"',
        f"/secrets/{verb}/",
        f'component": "{verb}"',
        f'identity": "{verb}"',
        *(f'"path": "{route}"' for route in TABLE[verb]["routes"]),
    ]
    return [word for word in words if word in text]


@pytest.mark.parametrize(("verb", "scenario"), CASES)
def test_nothing_is_left_of_a_verb_that_is_switched_off(render, verb, scenario):
    assert len(traces(render("image"), verb)) >= 6
    assert traces(render(scenario, *off(verb)), verb) == []


def test_switched_on_it_is_as_if_there_were_no_switch(render):
    assert render("default", "--set", "components.like.enabled=true") == render()


@pytest.mark.parametrize("value", ["image", "1"])
def test_a_switch_is_true_or_false(refusal, value):
    said = refusal("--set-string", f"components.image.enabled={value}")
    assert "/components/image/enabled" in said


def test_what_a_switched_off_verb_is_told_may_stay(render):
    arguments = ["components.like.enabled=false", "services.like.env.LOG_LEVEL=debug"]
    assert traces(render("default", "--set", ",".join(arguments)), "like") == []


def test_pictures_are_off_unless_somebody_wants_them(render):
    assert traces(render(), "image") == []


@pytest.mark.parametrize("verb", TABLE)
def test_a_verb_is_not_switched_off_under_those_that_need_it(render, refusal, verb):
    missed = sorted(
        name
        for name, entry in TABLE.items()
        if verb in entry.get("needs", []) and entry.get("enabled", True)
    )
    switch = ("--set", f"components.{verb}.enabled=false")
    if missed:
        said = f"components.{verb}.enabled: {', '.join(missed)} cannot work without {verb};"
        assert said in refusal(*switch)
    else:
        assert render("default", *switch)


def test_what_reads_posts_cannot_do_without_them(refusal):
    switches = [f"components.{verb}.enabled=false" for verb in ("posts", "search")]
    said = refusal("--set", ",".join([*switches, "components.image.enabled=true"]))
    assert "components.posts.enabled: image, ingest, recommend cannot work without posts" in said


def test_the_rest_works_without_posts(render):
    kinds = [item["kind"] for item in render("default", *off("posts"))]
    assert kinds.count("Deployment") == 6


def test_an_added_verb_says_what_it_needs_itself(refusal):
    follow = '{"port": 8080, "database": null, "calls": ["like"], "needs": ["like"]}'
    given = ("--set-json", f"components.follow={follow}")
    said = refusal(*given, "--set", "components.like.enabled=false")
    assert "components.like.enabled: follow cannot work without like" in said


def test_a_need_is_of_a_verb_that_is_called_or_copied_from(refusal):
    said = refusal("--set", "components.search.needs={web}")
    assert "components.search.needs: it neither calls web nor copies from it" in said


@pytest.mark.parametrize(
    ("scenario", "verb", "message"),
    [
        ("fetchers", "ingest", "fetchers.hn.enabled: what it fetches comes in through ingest"),
        ("one-member", "ingest", "starterPosts.enabled: they come in through ingest"),
        ("oidc", "login", "oidc.enabled: people sign in through login"),
    ],
)
def test_what_works_through_a_verb_is_not_left_on_without_it(refusal, scenario, verb, message):
    values = ("-f", str(CHART / "ci" / f"{scenario}-values.yaml"))
    assert message in refusal(*values, "--set", f"components.{verb}.enabled=false")


def test_an_external_database_of_a_switched_off_verb_needs_no_uri(render):
    objects = render("external-mongodb", *off("search"))
    assert [o for o in objects if o["kind"] == "Secret"] == []


def let_out(objects, find, address):
    """Whether the policy of image lets it go to an address."""
    rules = find(objects, "NetworkPolicy", "reddit-reco-image")["spec"]["egress"]
    blocks = [to["ipBlock"] for rule in rules for to in rule["to"] if "ipBlock" in to]
    return any(
        ip_address(address) in ip_network(block["cidr"])
        and not any(ip_address(address) in ip_network(one) for one in block["except"])
        for block in blocks
    )


@pytest.mark.parametrize("address", INSIDE)
def test_the_service_of_pictures_may_not_go_inside(render, find, address):
    assert not let_out(render("image"), find, address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_service_of_pictures_may_go_to_the_public_internet(render, find, address):
    assert let_out(render("image"), find, address)


def test_the_service_of_pictures_goes_to_the_ports_of_the_web_only(render, find):
    rules = find(render("image"), "NetworkPolicy", "reddit-reco-image")["spec"]["egress"]
    (outside,) = [rule for rule in rules if "ipBlock" in rule["to"][0]]
    assert outside["ports"] == [{"protocol": "TCP", "port": port} for port in (80, 443)]
    for block in (to["ipBlock"] for to in outside["to"]):
        whole = ip_network(block["cidr"])
        # Kubernetes refuses an exception that lies outside of its block.
        assert all(ip_network(one).subnet_of(whole) for one in block["except"])
