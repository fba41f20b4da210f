"""MongoDB as MONGODB's rules have it: initiate once, lose nothing, keep what is there."""

import json

import pytest


@pytest.fixture
def statefulset(render, find):
    return find(render(), "StatefulSet", "reddit-reco-mongodb")["spec"]


def test_members_start_together_and_find_each_other_before_they_are_ready(
    statefulset, render, find
):
    assert statefulset["podManagementPolicy"] == "Parallel"
    service = find(render(), "Service", statefulset["serviceName"])["spec"]
    assert service["publishNotReadyAddresses"] is True
    assert service["clusterIP"] == "None"


def test_the_agent_starts_before_mongod_and_outlives_it(statefulset):
    agent = next(
        c for c in statefulset["template"]["spec"]["initContainers"] if c["name"] == "agent"
    )
    assert agent["restartPolicy"] == "Always"
    assert agent["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_a_primary_steps_down_before_it_ends(statefulset):
    mongod = statefulset["template"]["spec"]["containers"][0]
    assert mongod["lifecycle"]["preStop"]["httpGet"] == {"path": "/stepdown", "port": 9216}
    assert statefulset["template"]["spec"]["terminationGracePeriodSeconds"] == 60


def test_a_recovering_member_is_not_killed(statefulset):
    mongod = statefulset["template"]["spec"]["containers"][0]
    assert set(mongod["livenessProbe"]) & {"httpGet", "exec"} == set()
    assert "readinessProbe" not in mongod


def test_wire_compression_is_never_zlib(statefulset):
    arguments = statefulset["template"]["spec"]["containers"][0]["args"]
    assert "--networkMessageCompressors=snappy,zstd" in arguments


@pytest.mark.parametrize(
    ("limit", "cache"),
    [
        ("512Mi", "0.25"),
        ("1Gi", "0.25"),
        ("2560Mi", "0.75"),
        ("4294967296", "1.5"),
        ("9.5G", "3.92"),
        ("null", "0.25"),
    ],
)
def test_the_cache_follows_the_limit_of_memory(render, find, limit, cache):
    objects = render("default", "--set", f"mongodb.resources.limits.memory={limit}")
    assert f"--wiredTigerCacheSizeGB={cache}" in _arguments(find, objects)


def test_a_cache_that_is_set_is_taken_as_it_is(render, find):
    objects = render("default", "--set-json", "mongodb.cacheSizeGB=0.5")
    assert "--wiredTigerCacheSizeGB=0.5" in _arguments(find, objects)


def _arguments(find, objects):
    pod = find(objects, "StatefulSet", "reddit-reco-mongodb")["spec"]["template"]["spec"]
    return pod["containers"][0]["args"]


def test_one_member_may_be_away_at_a_time(render, find):
    spec = find(render(), "PodDisruptionBudget", "reddit-reco-mongodb")["spec"]
    assert spec["maxUnavailable"] == 1


def test_volumes_are_kept(statefulset):
    kept = {"whenDeleted": "Retain", "whenScaled": "Retain"}
    assert statefulset["persistentVolumeClaimRetentionPolicy"] == kept


@pytest.mark.parametrize("replicas", [1, 3, 5])
def test_all_parts_know_the_same_members(render, find, replicas):
    objects = render("default", "--set", f"mongodb.replicas={replicas}")
    file = json.loads(find(objects, "ConfigMap", "reddit-reco-secrets")["data"]["secrets.json"])
    assert file["members"] == [
        f"reddit-reco-mongodb-{n}.reddit-reco-mongodb.reddit-reco.svc.cluster.local:27017"
        for n in range(replicas)
    ]
    pod = find(objects, "StatefulSet", "reddit-reco-mongodb")["spec"]["template"]["spec"]
    agent = next(c for c in pod["initContainers"] if c["name"] == "agent")
    members = next(e["value"] for e in agent["env"] if e["name"] == "MEMBERS")
    assert members.split(",") == file["members"]


def test_the_users_job_is_no_hook_and_runs_again_when_its_work_changes(render):
    def job(*arguments):
        jobs = [o for o in render("default", *arguments) if o["kind"] == "Job"]
        return next(o for o in jobs if "mongodb-users" in o["metadata"]["name"])["metadata"]

    assert "annotations" not in job()
    assert job()["name"] != job("--set", "components.web.database=web")["name"]


def test_secrets_are_made_before_all_else(render, find):
    annotations = find(render(), "Job", "reddit-reco-secrets")["metadata"]["annotations"]
    assert annotations["helm.sh/hook"] == "pre-install,pre-upgrade"
    for kind in ["Role", "RoleBinding", "ServiceAccount", "ConfigMap"]:
        needed = find(render(), kind, "reddit-reco-secrets")["metadata"]["annotations"]
        assert int(needed["helm.sh/hook-weight"]) < int(annotations["helm.sh/hook-weight"])


def test_databases_elsewhere_leave_no_mongodb_behind(render, find):
    objects = render("external-mongodb")
    assert not [o for o in objects if o["kind"] == "StatefulSet"]
    assert not [o for o in objects if "mongodb-users" in o["metadata"]["name"]]
    for name, secret, key in [
        ("posts", "atlas", "posts"),
        ("search", "reddit-reco-external-search", "uri"),
    ]:
        deployment = find(objects, "Deployment", f"reddit-reco-{name}-v1")
        env = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
        assert env[0]["valueFrom"]["secretKeyRef"] == {"name": secret, "key": key}


def test_a_run_of_sync_goes_on_until_the_next_has_taken_over(render, find):
    spec = find(render(), "CronJob", "reddit-reco-sync")["spec"]
    assert spec["concurrencyPolicy"] == "Allow"
    assert spec["schedule"] == "* * * * *"
    env = spec["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["env"]
    follows = next(int(e["value"]) for e in env if e["name"] == "SYNC_FOLLOW_SECONDS")
    assert follows >= 60 + 15, "a pod may take some seconds to start"


@pytest.mark.parametrize("follows", [0, 90, 3600])
def test_runs_of_sync_that_hang_or_fail_do_not_pile_up(render, find, follows):
    spec = find(
        render("default", "--set", f"sync.followSeconds={follows}"), "CronJob", "reddit-reco-sync"
    )["spec"]
    job = spec["jobTemplate"]["spec"]
    assert follows < job["activeDeadlineSeconds"] <= follows + 300
    assert job["backoffLimit"] == 0
    assert job["ttlSecondsAfterFinished"] == 3600
    assert (spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]) == (1, 3)
