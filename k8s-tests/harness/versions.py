"""What a next version is made of, and the Gateway by which versions get their weights."""

from .release import Release, run


def next_image(release: Release, verb: str = "search") -> str:
    """The running image under another tag: what a next version is to a cluster. Gives the tag."""
    name = f"{release.name}-{verb}-v1"
    deployment = release.apps.read_namespaced_deployment(name, release.namespace)
    image = deployment.spec.template.spec.containers[0].image
    tag = f"{image.partition(':')[2]}-next"
    source, target = f"docker.io/{image}", f"docker.io/reddit-reco/{verb}:{tag}"
    for node in release.core.list_node().items:
        command = ["docker", "exec", node.metadata.name, "ctr", "-n", "k8s.io"]
        run(*command, "images", "tag", "--force", source, target)
    return tag


def gateway_of(release: Release) -> tuple[str, str] | None:
    """Name and namespace of the cluster's Gateway, if it has one."""
    try:
        found = release.custom.list_cluster_custom_object(
            "gateway.networking.k8s.io", "v1", "gateways"
        )["items"]
    except Exception:  # the cluster does not know the API
        return None
    names = [(item["metadata"]["name"], item["metadata"]["namespace"]) for item in found]
    return names[0] if names else None
