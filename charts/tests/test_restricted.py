"""Every pod meets Pod Security "restricted" and what the house adds to it."""

ALLOWED_VOLUMES = {"configMap", "emptyDir", "projected", "secret", "persistentVolumeClaim"}


def _containers(spec):
    return spec["containers"] + spec.get("initContainers", [])


def test_every_pod_meets_pod_security_restricted(objects, pod_specs):
    for name, _, spec in pod_specs(objects):
        security = spec["securityContext"]
        assert security["runAsNonRoot"], name
        assert security["runAsUser"] > 0, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
        for volume in spec.get("volumes", []):
            assert set(volume) - {"name"} <= ALLOWED_VOLUMES, name
        for container in _containers(spec):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False, name
            assert own["capabilities"] == {"drop": ["ALL"]}, name
            assert all("hostPort" not in port for port in container.get("ports", [])), name


def test_every_container_has_a_read_only_root_and_bounded_memory(objects, pod_specs):
    for name, _, spec in pod_specs(objects):
        for container in _containers(spec):
            assert container["securityContext"]["readOnlyRootFilesystem"], name
            assert container["resources"]["limits"]["memory"], name
            assert container["resources"]["requests"], name


def test_every_scratch_volume_is_bounded(objects, pod_specs):
    for name, _, spec in pod_specs(objects):
        for volume in spec.get("volumes", []):
            if "emptyDir" in volume:
                assert volume["emptyDir"]["sizeLimit"], name


def test_only_the_secrets_job_may_speak_to_the_kubernetes_api(objects, pod_specs):
    for name, _, spec in pod_specs(objects):
        wanted = name == "Job/reddit-reco-secrets"
        assert spec["automountServiceAccountToken"] is wanted, name
    bound = {o["subjects"][0]["name"] for o in objects if o["kind"] == "RoleBinding"}
    assert bound <= {"reddit-reco-secrets"}


def test_no_pod_has_another_ones_account(render, pod_specs):
    for name, labels, spec in pod_specs(render("one-member")):
        if labels["app.kubernetes.io/component"] != "test":
            account = spec["serviceAccountName"].removeprefix("reddit-reco-")
            assert account == labels["reddit-reco/identity"], name


def test_no_password_is_in_plain_environment(objects, pod_specs):
    for name, _, spec in pod_specs(objects):
        for container in _containers(spec):
            for variable in container.get("env", []):
                assert "mongodb://" not in variable.get("value", ""), name
                assert "mongodb+srv" not in variable.get("value", ""), name
