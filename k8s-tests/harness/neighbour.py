"""A machine beside the nodes of a cluster, on their network: no pod, but with a public address."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .pictures import ADDRESS
from .release import Release, run

PORTS = (80, 8080)
_NAME = "reddit-reco-neighbour"
_LISTEN = "ip address add {address}/32 dev lo; {servers} wait"
# Prints those of the addresses that take a connection; the first argument is the way to them.
_CONNECT = """
node=$1; shift
for address; do
  ip route replace "${address%:*}" via "$node"
  { timeout 5 bash -c "exec 3<>/dev/tcp/${address/://}" 2>/dev/null && echo "$address"; } &
done
wait
"""


@dataclass(frozen=True)
class Neighbour:
    """The machine: its address on the nodes' network, and the node that it asks the way to pods."""

    address: str
    node: str

    public = ADDRESS

    def reached(self, addresses: list[str]) -> list[str]:
        """Those addresses of pods that it can connect to."""
        command = ("docker", "exec", _NAME, "bash", "-c", _CONNECT, "connect", self.node)
        return run(*command, *addresses).split()


@contextmanager
def neighbour(release: Release) -> Iterator[Neighbour]:
    """Run the machine until the block ends: a container of the nodes' image, listening on PORTS."""
    nodes = release.core.list_node().items
    names = [node.metadata.name for node in nodes]
    image = run("docker", "inspect", "-f", "{{.Config.Image}}", names[0]).strip()
    servers = "".join(f"socat TCP-LISTEN:{port},fork,reuseaddr EXEC:true & " for port in PORTS)
    script = _LISTEN.format(address=ADDRESS, servers=servers)
    # One that a killed run left behind.
    run("sh", "-c", f"docker rm -f {_NAME} || true")
    run(
        *("docker", "run", "-d", "--rm", "--name", _NAME, "--network", "kind"),
        *("--cap-add", "NET_ADMIN", "--entrypoint", "bash", image, "-c", script),
    )
    try:
        address = _address(_NAME)
        for name in names:
            run("docker", "exec", name, "ip", "route", "replace", ADDRESS, "via", address)
        yield Neighbour(address, _address(names[0]))
    finally:
        run("docker", "rm", "-f", _NAME)
        for name in names:
            run("docker", "exec", name, "ip", "route", "del", ADDRESS)


def _address(container: str) -> str:
    address = "{{.NetworkSettings.Networks.kind.IPAddress}}"
    return run("docker", "inspect", "-f", address, container).strip()
