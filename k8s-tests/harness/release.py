"""The release under test: its objects, its address, its database."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
from kubernetes import client, config
from pymongo import MongoClient
from pymongo.database import Database

from .forward import forwarded
from .waiting import wait_until

REPO = Path(__file__).parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reddit-reco"
CHART = REPO / "charts" / "reddit-reco"
NAME = "reddit-reco"
CLUSTER = os.environ.get("CLUSTER") or NAME
_SUFFIX = "" if CLUSTER == NAME else f"-{CLUSTER}"
KUBECONFIG = CACHE / f"kubeconfig{_SUFFIX}"
URL = CACHE / f"url{_SUFFIX}"
Document = dict[str, Any]


def run(*command: str, stdin: str | None = None) -> str:
    """What the command prints.

    Raises:
        AssertionError: it fails; with its last words.
    """
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    words = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
    assert done.returncode == 0, f"{' '.join(command)}: {words}"
    return done.stdout


class Release:
    """The release `reddit-reco` in the cluster of `make up`, or in the one that $CLUSTER names."""

    chart = CHART
    values = CACHE / f"release-values{_SUFFIX}.yaml"
    name = namespace = NAME

    def __init__(self) -> None:
        config.load_kube_config(str(KUBECONFIG))  # type: ignore[no-untyped-call]
        self.core: Any = client.CoreV1Api()
        self.apps: Any = client.AppsV1Api()
        self.batch: Any = client.BatchV1Api()
        self.autoscaling: Any = client.AutoscalingV2Api()
        self.custom: Any = client.CustomObjectsApi()

    @cached_property
    def url(self) -> str:
        """Where the Ingress is."""
        return URL.read_text().strip()

    @cached_property
    def token(self) -> str:
        """An admin's token."""
        return self.make("token")

    def http(self, *, token: bool = True) -> httpx2.Client:
        """A client of the Ingress; close it after use."""
        headers = {"Authorization": f"Bearer {self.token}"} if token else {}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=60)

    def make(self, *arguments: str) -> str:
        """What `make -s` prints."""
        return run("make", "-s", "-C", str(REPO), *arguments).strip()

    def kubectl_command(self, *arguments: str) -> list[str]:
        """A kubectl command in the release's namespace."""
        kubectl = str(CACHE / "tools" / "bin" / "kubectl")
        return [kubectl, "--kubeconfig", str(KUBECONFIG), "-n", NAME, *arguments]

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl prints."""
        return run(*self.kubectl_command(*arguments), stdin=stdin)

    def helm(self, *arguments: str) -> str:
        """What helm prints."""
        helm = str(CACHE / "tools" / "bin" / "helm")
        return run(helm, "--kubeconfig", str(KUBECONFIG), "-n", NAME, *arguments)

    def upgrade(self, *arguments: str) -> None:
        """Install or upgrade with the values of `make up`, and more; wait until all is Ready."""
        given = ["-f", str(self.values)] if self.values.exists() else []
        command = ["upgrade", "--install", NAME, str(self.chart), *given, *arguments]
        self.helm(*command, "--wait", "--timeout", "10m")

    def pods(self, component: str = "") -> list[Any]:
        """The pods of the release, or of one component."""
        selector = f"app.kubernetes.io/instance={NAME}"
        selector += f",app.kubernetes.io/component={component}" if component else ""
        pods: list[Any] = self.core.list_namespaced_pod(NAME, label_selector=selector).items
        return pods

    def running(self, component: str) -> list[str]:
        """Names of a component's pods that are Ready and not on their way out."""
        return [pod.metadata.name for pod in self.pods(component) if _is_ready(pod)]

    def restarts(self) -> dict[str, int]:
        """How often the containers of each pod were started again."""
        return {
            pod.metadata.name: sum(each.restart_count for each in statuses)
            for pod in self.pods()
            if (statuses := pod.status.container_statuses or [])
        }

    def restarted(self, before: dict[str, int]) -> list[str]:
        """Pods of which a container was started again since `restarts` answered `before`."""
        return [pod for pod, count in self.restarts().items() if count > before.get(pod, 0)]

    def wait_ready(self, seconds: float = 300) -> None:
        """Wait until every Deployment and StatefulSet has all of its pods Ready."""

        def all_ready() -> bool:
            assert not (lacking := self.unready()), lacking
            return True

        wait_until(all_ready, "all Ready", seconds)

    def unready(self) -> list[str]:
        """Deployments and StatefulSets that lack a Ready pod."""
        sets = self.apps.list_namespaced_deployment(NAME).items
        sets += self.apps.list_namespaced_stateful_set(NAME).items
        return [
            item.metadata.name
            for item in sets
            if (item.status.ready_replicas or 0) < item.spec.replicas
            or (item.status.observed_generation or 0) < item.metadata.generation
        ]

    def evict(self, pod: str) -> bool:
        """Ask for a pod's eviction, as a drain does; whether the budgets allow it."""
        name = client.V1ObjectMeta(name=pod, namespace=NAME)
        try:
            self.core.create_namespaced_pod_eviction(pod, NAME, client.V1Eviction(metadata=name))
        except client.ApiException as error:
            if error.status != HTTPStatus.TOO_MANY_REQUESTS:
                raise
            return False
        return True

    @contextmanager
    def without(self, verb: str) -> Iterator[None]:
        """The release while no pod of a verb runs; afterwards it has one of each version."""
        names = [f"deployment/{NAME}-{verb}-{each}" for each in self.versions(verb)]
        self.kubectl("scale", *names, "--replicas=0")
        try:
            wait_until(lambda: self._ended(verb), f"no pod of {verb} runs", pause=0.2)
            yield
        finally:
            self.kubectl("scale", *names, "--replicas=1")
            self.wait_ready()

    def _ended(self, verb: str) -> bool:
        """Whether a verb has no pod left; what still runs of those on their way out is killed."""
        pods = self.pods(verb)
        for pod in pods:
            # One that is not yet on its way out would be started again.
            if pod.metadata.deletion_timestamp:
                with suppress(AssertionError, client.ApiException):  # it has ended meanwhile
                    kill(pod)
                    # Nothing is left that would drain.
                    self.core.delete_namespaced_pod(pod.metadata.name, NAME, grace_period_seconds=0)
        return not pods

    def versions(self, verb: str) -> list[str]:
        """Names of the versions of a verb that run side by side."""
        selector = f"app.kubernetes.io/instance={NAME},app.kubernetes.io/component={verb}"
        found = self.apps.list_namespaced_deployment(NAME, label_selector=selector).items
        return [item.metadata.labels["reddit-reco/version"] for item in found]

    def verbs(self) -> dict[str, Document]:
        """The chart's table of verbs, as it was installed, without those that are switched off."""
        values = json.loads(self.helm("get", "values", NAME, "--all", "-o", "json"))
        table: dict[str, Document] = values["components"]
        return {name: entry for name, entry in table.items() if entry.get("enabled", True)}

    def secret(self, name: str) -> dict[str, str]:
        """The content of `reddit-reco-<name>`."""
        found = self.core.read_namespaced_secret(f"{NAME}-{name}", NAME)
        return {key: base64.b64decode(value).decode() for key, value in found.data.items()}

    def proxied(self, path: str) -> str:
        """GET through the Kubernetes API: `services/NAME:8080/proxy/readyz`, `pods/...`."""
        return self.kubectl("get", "--raw", f"/api/v1/namespaces/{NAME}/{path}")

    def primary(self) -> str:
        """The pod that is MongoDB's primary; there is none for a moment after one has gone."""
        return wait_until(lambda: self.make("mongo-primary"), "MongoDB has a primary")

    @contextmanager
    def mongo(self, user: str = "root") -> Iterator["MongoClient[Document]"]:
        """A client of the primary, as `root`, a verb, or `sync`."""
        login = self.secret(f"mongodb-{user}")
        command = self.kubectl_command("port-forward", self.primary(), ":27017")
        with (
            forwarded(command) as port,
            MongoClient[Document](
                f"mongodb://127.0.0.1:{port}/?directConnection=true&w=majority",
                username=login["username"],
                password=login["password"],
                tz_aware=True,
            ) as mongo,
        ):
            yield mongo

    @contextmanager
    def database(self, name: str) -> Iterator[Database[Document]]:
        """A verb's database, as root."""
        with self.mongo() as mongo:
            yield mongo[name]


def kill(pod: Any) -> None:
    """End a pod's process at once: one that is going away answers for some seconds more."""
    node, container = pod.spec.node_name, pod.status.container_statuses[0].container_id
    command = ["docker", "exec", node, "ctr", "-n", "k8s.io", "tasks", "kill", "-s", "SIGKILL"]
    run(*command, container.removeprefix("containerd://"))


def _is_ready(pod: Any) -> bool:
    if pod.metadata.deletion_timestamp or pod.status.phase != "Running":
        return False
    conditions = {c.type: c.status for c in pod.status.conditions or []}
    return conditions.get("Ready") == "True"
