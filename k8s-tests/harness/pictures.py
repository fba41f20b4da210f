"""A picture server in the cluster, at an address of the public internet that leads nowhere else."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from .posts import now_id
from .release import Release
from .waiting import wait_until

NAMESPACE = "reddit-reco-pictures"
# Globally reachable by IANA's registry (RFC 7450), and nobody's: relays that were never built.
ADDRESS = "192.52.193.77"
_SCRIPT = Path(__file__).parent / "picture_server.py"


@dataclass(frozen=True)
class PictureServer:
    """The server, as posts link to it, and as it is reached from inside."""

    release: Release
    pod_ip: str
    cluster_ip: str

    name = f"pictures.{NAMESPACE}.svc.cluster.local"

    def url(self, does: str) -> str:
        """A new address of a picture: what the server does there is in the first part."""
        return f"http://{ADDRESS}/{does}/{now_id('').rpartition('-')[2]}.png"

    def redirect(self, to: str) -> str:
        """A new address that sends whoever comes elsewhere."""
        return f"{self.url('redirect')}?{urlencode({'to': to})}"

    def asked(self) -> dict[str, int]:
        """How often each path was asked for, since it began."""
        counts = f"/api/v1/namespaces/{NAMESPACE}/pods/pictures:8081/proxy/"
        found: dict[str, int] = json.loads(self.release.kubectl("get", "--raw", counts))
        return found


@contextmanager
def picture_server(release: Release, image: str) -> Iterator[PictureServer]:
    """Run the server until the block ends, in a namespace of its own.

    Its Service has a public address as an `externalIP`, so the nodes lead to it whoever goes there,
    and nothing leaves the cluster.

    Args:
        image: has Python and Pillow, and an entry point of Python.
    """
    kubectl = release.kubectl
    manifest = {"apiVersion": "v1", "kind": "List", "items": _objects(image)}
    kubectl("apply", "-n", NAMESPACE, "-f", "-", stdin=json.dumps(manifest))
    try:
        kubectl(
            *("wait", "-n", NAMESPACE, "pod/pictures", "--for=condition=Ready", "--timeout=180s")
        )
        wait_until(lambda: _reached(release), f"pods of image reach {ADDRESS}", 180)
        pod = release.core.read_namespaced_pod("pictures", NAMESPACE)
        service = release.core.read_namespaced_service("pictures", NAMESPACE)
        yield PictureServer(release, pod.status.pod_ip, service.spec.cluster_ip)
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--wait=true")


def _reached(release: Release) -> bool:
    """Whether a pod of image gets an answer; the nodes know a new Service a moment later."""
    get = f"import urllib.request; print(urllib.request.urlopen('http://{ADDRESS}/good/a').status)"
    pod = release.running("image")[0]
    return release.kubectl("exec", pod, "--", "python3", "-c", get).strip() == "200"


def _objects(image: str) -> list[dict[str, object]]:
    labels = {"app": "pictures"}
    meta = {"name": "pictures", "namespace": NAMESPACE, "labels": labels}
    container = {
        "name": "pictures",
        "image": image,
        "args": ["/script/picture_server.py"],
        "readinessProbe": {"httpGet": {"path": "/", "port": 8081}, "periodSeconds": 1},
        "resources": {"limits": {"memory": "512Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "script", "mountPath": "/script"}],
    }
    pod = {
        "containers": [container],
        "volumes": [{"name": "script", "configMap": {"name": "pictures"}}],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
    }
    service = {
        "selector": labels,
        "ports": [{"port": 80, "targetPort": 80}],
        "externalIPs": [ADDRESS],
    }
    script = {"picture_server.py": _SCRIPT.read_text()}
    restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
    namespace = {"name": NAMESPACE, "labels": restricted}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": namespace},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": script},
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": service},
    ]
