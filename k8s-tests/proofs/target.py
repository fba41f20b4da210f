"""The release under proof: where each service answers, what it documents, who may sign tokens."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from reddit_reco_local.stack import VERBS, Stack

from .identities import Signer

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
Document = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method of one documented path of one service."""

    verb: str
    method: str
    path: str
    document: Document

    @property
    def label(self) -> str:
        """What the tables call it: `GET /api/v1/tags/{tag}/posts`."""
        return f"{self.method} {self.path}"

    @property
    def needs(self) -> str | None:
        """The scope that its document asks for: "" is any token, None is no token at all."""
        security = self.document.get("security") or [{}]
        return " ".join(security[0]["bearer"]) if {} not in security else None

    def takes(self, parameter: str) -> bool:
        """Whether it documents a parameter of this name."""
        return any(each["name"] == parameter for each in self.document.get("parameters", []))


@dataclass(frozen=True)
class Target:
    """A running release.

    Args:
        urls: service -> where it answers; on a cluster, all of them are the Ingress.
        documents: service -> its OpenAPI document.
        signer: signs tokens that the services accept, and such that they must not.
        gateway: whether a proxy stands in front, which answers for itself to what is no request.
    """

    urls: Mapping[str, str]
    documents: Mapping[str, Document]
    signer: Signer
    gateway: bool = False

    def operations(self) -> Iterator[Operation]:
        """Everything that the services document."""
        for verb, document in self.documents.items():
            for path, item in document["paths"].items():
                for method in METHODS:
                    if method in item:
                        yield Operation(verb, method.upper(), path, item[method])


def local_target(stack: Stack) -> Target:
    """The services of a local run, each at its own port."""
    urls = {verb.name: stack.url(verb.name) for verb in VERBS if verb.name in stack.environments}
    documents = {verb: httpx2.get(f"{url}/openapi.json").json() for verb, url in urls.items()}
    key = (stack.home / "keys" / "key.json").read_text()
    return Target(urls, documents, Signer(key))
