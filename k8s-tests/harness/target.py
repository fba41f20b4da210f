"""The release as a target of the proofs: all services behind the one Ingress."""

import json

from proofs.identities import Signer
from proofs.target import Target

from .release import NAME, Release


def release_target(release: Release) -> Target:
    """Its address, its services' documents and its signing key."""
    verbs = release.verbs()
    documents = {
        verb: json.loads(release.proxied(f"services/{NAME}-{verb}:8080/proxy/openapi.json"))
        for verb in verbs
        if release.pods(verb)
    }
    key = release.secret("signing-key")["key.json"]
    return Target(dict.fromkeys(documents, release.url), documents, Signer(key), gateway=True)
