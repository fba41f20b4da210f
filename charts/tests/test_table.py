"""Everything that is made from the table `components` agrees with it, verb by verb."""

import json
from pathlib import Path

import pytest
import yaml

CHART = Path(__file__).parents[1] / "reddit-reco"
TABLE = yaml.safe_load((CHART / "values.yaml").read_text())["components"]
KINDS = ["deployment", "hpa", "networkpolicy", "pdb", "service", "serviceaccount"]


def table_of(scenario):
    """The verbs that a scenario switches on, with their edges to each other."""
    given = yaml.safe_load((CHART / "ci" / f"{scenario}-values.yaml").read_text())
    added = given.get("components", {})
    whole = {name: TABLE.get(name, {}) | added.get(name, {}) for name in [*TABLE, *added]}
    table = {name: entry for name, entry in whole.items() if entry.get("enabled", True)}
    known = {*table, "ingress"}
    for entry in table.values():
        for edges in ("calls", "callers"):
            entry[edges] = [other for other in entry.get(edges, []) if other in known]
    return table


@pytest.fixture(
    params=[
        *((name, "default") for name in table_of("default")),
        ("follow", "added-verb"),
        *((name, "image") for name in ("image", "posts", "web")),
    ]
)
def verb(request, render):
    """Each verb that is on, an added one, and one switched on with its neighbours.

    Its name, its entry, the whole table, all objects.
    """
    name, scenario = request.param
    table = table_of(scenario)
    return name, table[name], table, render(scenario)


def _identities(peers):
    return {peer["podSelector"]["matchLabels"]["reddit-reco/identity"] for peer in peers}


def _environment(objects, find, name):
    pod = find(objects, "Deployment", f"reddit-reco-{name}-v1")["spec"]["template"]["spec"]
    return {entry["name"]: entry for entry in pod["containers"][0]["env"]}


def test_every_folder_has_the_same_files_and_they_differ_in_the_name_only():
    for name in TABLE:
        folder = CHART / "templates" / name
        assert sorted(path.stem for path in folder.iterdir()) == KINDS
        for path in folder.iterdir():
            posts = (CHART / "templates" / "posts" / path.name).read_text()
            assert path.read_text() == posts.replace('"posts"', f'"{name}"')
    assert sorted(path.stem for path in (CHART / "templates" / "added").iterdir()) == KINDS


def test_a_verb_has_its_objects(verb, find):
    name, _, _, objects = verb
    for kind, suffix in [
        ("Deployment", "-v1"),
        ("Service", ""),
        ("Service", "-v1"),
        ("ServiceAccount", ""),
        ("PodDisruptionBudget", ""),
        ("NetworkPolicy", ""),
    ]:
        assert find(objects, kind, f"reddit-reco-{name}{suffix}")


def test_a_verb_listens_where_its_service_leads(verb, find):
    name, entry, _, objects = verb
    assert _environment(objects, find, name)["PORT"]["value"] == str(entry["port"])
    service = find(objects, "Service", f"reddit-reco-{name}")
    assert [port["port"] for port in service["spec"]["ports"]] == [entry["port"]]


def test_a_verb_is_told_of_whom_it_calls_and_of_no_one_else(verb, find):
    name, entry, table, objects = verb
    callees = set(entry.get("calls", []))
    callees |= {other for other, its in table.items() if name in its.get("callers", [])}
    urls = {
        key: entry["value"]
        for key, entry in _environment(objects, find, name).items()
        if key.endswith("_URL")
    }
    assert urls == {
        f"{callee.upper()}_URL": f"http://reddit-reco-{callee}:{table[callee]['port']}"
        for callee in callees
    }


def test_only_callers_may_call_a_verb(verb, find):
    name, entry, table, objects = verb
    callers = set(entry.get("callers", []))
    callers |= {other for other, its in table.items() if name in its.get("calls", [])}
    rules = find(objects, "NetworkPolicy", f"reddit-reco-{name}")["spec"]["ingress"]
    peers = [p for rule in rules if rule["ports"][0]["port"] == entry["port"] for p in rule["from"]]
    inside = [peer for peer in peers if "podSelector" in peer]
    assert _identities(inside) == (callers - {"ingress"}) | {"test"}
    assert (len(peers) > len(inside)) is ("ingress" in callers)


def test_a_verb_may_call_its_callees_and_its_database_only(verb, find):
    name, entry, table, objects = verb
    callees = set(entry.get("calls", []))
    callees |= {other for other, its in table.items() if name in its.get("callers", [])}
    if entry["database"]:
        callees.add("mongodb")
    rules = find(objects, "NetworkPolicy", f"reddit-reco-{name}")["spec"].get("egress") or []
    inside = [rule["to"] for rule in rules if "podSelector" in rule["to"][0]]
    assert {identity for peers in inside for identity in _identities(peers)} == callees
    # The world outside is for those alone whose values say so.
    assert (len(rules) > len(inside)) is (name == "image")


def test_a_database_has_one_user_with_rights_on_it_alone(verb, find):
    name, entry, _, objects = verb
    config = find(objects, "ConfigMap", "reddit-reco-mongodb-users")["data"]["users.json"]
    users = {user["username"]: user["privileges"] for user in json.loads(config)["users"]}
    if entry["database"]:
        assert users[name] == [
            {"db": entry["database"], "collections": "*", "actions": "readWrite"}
        ]
    else:
        assert name not in users


def test_a_verb_gets_its_own_uri_and_only_with_a_database(verb, find):
    name, entry, _, objects = verb
    uri = _environment(objects, find, name).get("MONGODB_URI")
    secret = uri and uri["valueFrom"]["secretKeyRef"]["name"]
    assert secret == (f"reddit-reco-mongodb-{name}" if entry["database"] else None)


def test_only_a_verb_with_a_database_reaches_mongodb(verb, find):
    name, entry, _, objects = verb
    rule = find(objects, "NetworkPolicy", "reddit-reco-mongodb")["spec"]["ingress"][0]
    assert (name in _identities(rule["from"])) is bool(entry["database"])


def test_sync_carries_what_the_table_says_and_may_write_nothing_else(verb, find):
    _, entry, table, objects = verb
    plan = json.loads(find(objects, "ConfigMap", "reddit-reco-sync")["data"]["plan.json"])
    mine = [s for s in plan["streams"] if s["target"]["db"] == entry["database"]]
    assert [(s["source"]["db"], s["stream"], s["target"]["collection"]) for s in mine] == [
        (table[sync["from"]]["database"], sync["stream"], sync["collection"])
        for sync in entry.get("syncs", [])
    ]
    config = find(objects, "ConfigMap", "reddit-reco-mongodb-users")["data"]["users.json"]
    sync = next(user for user in json.loads(config)["users"] if user["username"] == "sync")
    written = [p for p in sync["privileges"] if p["actions"] != "read"]
    owned = [p["collections"] for p in written if p["db"] == entry["database"]]
    wanted = sorted({"inbox", "synced_state", *(s["collection"] for s in entry.get("syncs", []))})
    assert owned == ([wanted] if entry.get("syncs") else [])


def test_routes_lead_to_the_stable_service(verb, find):
    name, entry, _, objects = verb
    paths = find(objects, "Ingress", "reddit-reco")["spec"]["rules"][0]["http"]["paths"]
    mine = [p["path"] for p in paths if p["backend"]["service"]["name"] == f"reddit-reco-{name}"]
    assert sorted(mine) == sorted(entry["routes"])


def test_a_token_is_made_and_mounted_where_there_are_scopes(verb, find):
    name, entry, _, objects = verb
    file = json.loads(find(objects, "ConfigMap", "reddit-reco-secrets")["data"]["secrets.json"])
    assert file["tokens"].get(name, []) == entry.get("scopes", [])
    assert ("SERVICE_TOKEN_FILE" in _environment(objects, find, name)) is bool(entry.get("scopes"))


def test_a_verb_reads_the_secrets_that_the_table_names_and_no_others(verb, find):
    name, entry, _, objects = verb
    pod = find(objects, "Deployment", f"reddit-reco-{name}-v1")["spec"]["template"]["spec"]
    mounted = {v["secret"]["secretName"] for v in pod["volumes"] if "secret" in v}
    wanted = ["jwks", *entry.get("secrets", [])]
    wanted += [f"token-{name}"] if entry.get("scopes") else []
    assert mounted == {f"reddit-reco-{secret}" for secret in wanted}
    container = pod["containers"][0]
    assert all(m["readOnly"] for m in container["volumeMounts"] if m["name"] in wanted)
    environment = _environment(objects, find, name)
    assert ("SIGNING_KEY_FILE" in environment) is ("signing-key" in wanted)
    assert ("ADMIN_FOLDER" in environment) is ("admin" in wanted)


def test_no_admin_is_made_where_nobody_reads_its_name(render, find):
    for arguments, name in [([], "admin"), (["--set", "components.login.secrets=null"], None)]:
        objects = render("default", *arguments)
        file = json.loads(find(objects, "ConfigMap", "reddit-reco-secrets")["data"]["secrets.json"])
        assert file["admin"] == name
        names = find(objects, "Role", "reddit-reco-secrets")["rules"][1]["resourceNames"]
        assert ("reddit-reco-admin" in names) is bool(name)


def test_nothing_is_made_for_verbs_that_the_table_does_not_have(render):
    made = {o["metadata"]["labels"]["app.kubernetes.io/component"] for o in render()}
    parts = {"mongodb", "mongodb-users", "sync", "secrets", "test", "all", "ingress"}
    assert made - parts == set(table_of("default"))
