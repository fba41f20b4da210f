"""The few calls of the Kubernetes API that the Secrets job needs, as its own service account."""

import base64
import logging
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx2

from .settings import Environ, Stop, read_text

log = logging.getLogger(__name__)
_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_PASSING = frozenset({429, 500, 502, 503, 504})


class Kube:
    """Secrets and volume claims of one namespace.

    A call is tried for `patience` seconds while the API server is not there.

    Raises:
        Stop: from every method, if the API server stays away or refuses.
    """

    def __init__(self, client: httpx2.Client, namespace: str, patience: float = 60.0) -> None:
        self._client = client
        self._base = f"/api/v1/namespaces/{namespace}"
        self._patience = patience

    @classmethod
    def in_cluster(cls, environ: Environ, namespace: str) -> Self:
        """With the address, CA and token that every pod with a service account has."""
        account = Path(environ.get("SERVICE_ACCOUNT_DIR") or _ACCOUNT)
        host = environ.get("KUBERNETES_SERVICE_HOST") or "kubernetes.default.svc"
        host = f"[{host}]" if ":" in host else host
        address = f"https://{host}:{environ.get('KUBERNETES_SERVICE_PORT') or '443'}"
        token = read_text(account / "token")
        client = httpx2.Client(
            base_url=environ.get("KUBERNETES_API_URL") or address,
            headers={"Authorization": f"Bearer {token}"},
            verify=ssl.create_default_context(cafile=_existing(account / "ca.crt")),
            timeout=10.0,
            trust_env=False,
        )
        return cls(client, namespace)

    def claims(self, selector: str) -> list[str]:
        """Names of the volume claims that match the label selector."""
        answer = self._call("GET", "/persistentvolumeclaims", params={"labelSelector": selector})
        return [item["metadata"]["name"] for item in answer.json()["items"]]

    def secret(self, name: str) -> dict[str, str] | None:
        """What a Secret holds, or None."""
        answer = self._call("GET", f"/secrets/{name}", fine=(200, 404))
        if answer.status_code == 404:
            return None
        data = answer.json().get("data") or {}
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def create(self, name: str, data: Mapping[str, str], labels: Mapping[str, str]) -> bool:
        """Create a Secret; False if another was faster."""
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "labels": dict(labels)},
            "type": "Opaque",
            "stringData": dict(data),
        }
        return self._call("POST", "/secrets", json=body, fine=(201, 409)).status_code == 201

    def patch(self, name: str, data: Mapping[str, str]) -> None:
        """Replace these keys of a Secret."""
        headers = {"Content-Type": "application/merge-patch+json"}
        self._call("PATCH", f"/secrets/{name}", json={"stringData": dict(data)}, headers=headers)

    def _call(
        self, method: str, path: str, *, fine: tuple[int, ...] = (200,), **kwargs: Any
    ) -> httpx2.Response:
        deadline = time.monotonic() + self._patience
        while True:
            response, problem = self._try(method, path, **kwargs)
            if response is not None and response.status_code in fine:
                return response
            passing = response is None or response.status_code in _PASSING
            if not passing or time.monotonic() > deadline:
                raise Stop(f"the Kubernetes API refused {method} {self._base}{path}: {problem}")
            log.info("waiting for the Kubernetes API: %s", problem)
            time.sleep(2)

    def _try(self, method: str, path: str, **kwargs: Any) -> tuple[httpx2.Response | None, str]:
        try:
            response = self._client.request(method, self._base + path, **kwargs)
        except httpx2.TransportError as error:
            return None, repr(error)
        return response, f"{response.status_code} {_message(response)}"


def _message(response: httpx2.Response) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]


def _existing(path: Path) -> str | None:
    return str(path) if path.exists() else None
