"""A real OpenID provider in the cluster: nanoidp by HTTPS, in an image of its own."""

import base64
import datetime
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import requires
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from reddit_reco_local.embedded import free_port
from reddit_reco_local.openid import configuration

from .forward import forwarded
from .release import CACHE, REPO, Release, run

NAMESPACE = "reddit-reco-openid"
HOST = f"openid.{NAMESPACE}.svc.cluster.local"
PORT = 8443
ISSUER = f"https://{HOST}:{PORT}"
# The way to it for a NetworkPolicy.
EGRESS = [
    {
        "to": [
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}},
        ],
        "ports": [{"protocol": "TCP", "port": PORT}],
    }
]
_HERE = Path(__file__).parent
_LOCK = REPO / "services" / "local" / "requirements-dev.txt"
# Its server of another protocol, which is not started.
_LEFT_OUT = {"mcp"}


@dataclass(frozen=True)
class Certificate:
    """A certificate that is its own authority, and its key; PEM."""

    certificate: str
    key: str
    # SHA-256 of its public key in base64, by which a browser can be told to take it.
    fingerprint: str


@dataclass(frozen=True)
class Provider:
    """The provider in the cluster. Everybody's password is `reddit_reco_local.openid.PASSWORD`."""

    release: Release
    certificate: Certificate
    local_port: int

    @property
    def chromium(self) -> list[str]:
        """Arguments with which a browser of this machine finds it and nobody else outside."""
        rules = f"MAP {HOST}:{PORT} 127.0.0.1:{self.local_port}, MAP * ~NOTFOUND, EXCLUDE localhost"
        return [
            f"--host-resolver-rules={rules}",
            f"--ignore-certificate-errors-spki-list={self.certificate.fingerprint}",
            "--no-proxy-server",
        ]

    @contextmanager
    def reachable(self) -> Iterator[None]:
        """Lead browsers of this machine to it until the block ends."""
        target = ["-n", NAMESPACE, "service/openid", f"{self.local_port}:{PORT}"]
        with forwarded(self.release.kubectl_command("port-forward", *target)):
            yield

    def stop(self) -> None:
        """End it."""
        self._kubectl("scale", "deployment/openid", "--replicas=0")
        self._kubectl("wait", "pod", "-l", "app=openid", "--for=delete", "--timeout=180s")

    def start(self) -> None:
        """Start it; it signs with a new key each time."""
        self._kubectl("scale", "deployment/openid", "--replicas=1")
        self._kubectl("rollout", "status", "deployment/openid", "--timeout=180s")

    def _kubectl(self, *arguments: str) -> str:
        return self.release.kubectl("-n", NAMESPACE, *arguments)


@contextmanager
def openid_provider(
    release: Release, redirect_url: str, usernames: tuple[str, ...]
) -> Iterator[Provider]:
    """Run a provider until the block ends, in a namespace of its own."""
    provider = Provider(release, _certificate(HOST), free_port())
    files = configuration(ISSUER, redirect_url, usernames, "/tmp/keys", PORT)
    objects = _objects(_image(), files, provider.certificate)
    manifest = {"apiVersion": "v1", "kind": "List", "items": objects}
    release.kubectl("apply", "-n", NAMESPACE, "-f", "-", stdin=json.dumps(manifest))
    try:
        provider.start()
        yield provider
    finally:
        release.kubectl("delete", "namespace", NAMESPACE, "--wait=true")


def _image() -> str:
    """The provider's image, in the nodes."""
    folder = CACHE / "openid-image"
    folder.mkdir(exist_ok=True)
    dockerfile = _HERE / "openid.Dockerfile"
    (folder / "requirements.txt").write_text(requirements := _requirements("nanoidp"))
    recipe = hashlib.sha256((requirements + dockerfile.read_text()).encode()).hexdigest()[:12]
    tag = f"reddit-reco/openid-for-tests:{recipe}"
    build = [str(REPO / "images" / "docker-build.sh"), tag, recipe, "-q", "-f", str(dockerfile)]
    run(*build, str(folder))
    run(str(REPO / "images" / "cluster" / "load.sh"), tag)
    return tag


def _requirements(name: str) -> str:
    """What a distribution needs to run, itself included, of the hashed development requirements."""
    wanted = _closure(name, set())
    blocks = re.split(r"^(?=[a-z0-9])", _LOCK.read_text(), flags=re.MULTILINE | re.IGNORECASE)
    return "".join(block for block in blocks if block.partition("==")[0] in wanted)


def _closure(name: str, seen: set[str]) -> set[str]:
    if name not in seen | _LEFT_OUT:
        seen.add(name)
        for each in map(Requirement, requires(name) or []):
            if each.marker is None or each.marker.evaluate({"extra": ""}):
                _closure(canonicalize_name(each.name), seen)
    return seen


def _certificate(host: str) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Certificate(
        made.public_bytes(serialization.Encoding.PEM).decode(),
        private.decode(),
        base64.b64encode(hashlib.sha256(public).digest()).decode(),
    )


def _objects(
    image: str, files: dict[str, str], certificate: Certificate
) -> list[dict[str, object]]:
    labels = {"app": "openid"}
    meta = {"name": "openid", "namespace": NAMESPACE, "labels": labels}
    script = {"openid_server.py": (_HERE / "openid_server.py").read_text()}
    tls = {"tls.crt": certificate.certificate, "tls.key": certificate.key}
    restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
    namespace = {"name": NAMESPACE, "labels": restricted}
    deployment = {
        "replicas": 0,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": _pod(image)},
    }
    service = {"selector": labels, "ports": [{"port": PORT}]}
    secret = {"type": "kubernetes.io/tls", "stringData": tls}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": namespace},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": files | script},
        {"apiVersion": "v1", "kind": "Secret", "metadata": meta, **secret},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": service},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": deployment},
    ]


def _pod(image: str) -> dict[str, object]:
    described = {"path": "/.well-known/openid-configuration", "port": PORT, "scheme": "HTTPS"}
    container = {
        "name": "openid",
        "image": image,
        "args": ["/files/openid_server.py", "/files", "/tls"],
        "readinessProbe": {"httpGet": described, "periodSeconds": 1},
        "resources": {"limits": {"memory": "256Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "files", "mountPath": "/files"},
            {"name": "tls", "mountPath": "/tls"},
            {"name": "tmp", "mountPath": "/tmp"},
        ],
    }
    return {
        "containers": [container],
        "volumes": [
            {"name": "files", "configMap": {"name": "openid"}},
            {"name": "tls", "secret": {"secretName": "openid"}},
            {"name": "tmp", "emptyDir": {}},
        ],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 0,
    }
