#!/usr/bin/env bash
# Give the nodes a pod network: a ptp interface per pod out of the node's own range, routes to the other
# nodes' ranges, and masquerading for what leaves the pod network. It enforces no NetworkPolicy: ../cilium does.
# Safe to run again: routes and rules are gone after a node's restart, the files are not.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/cluster/cluster-lib.sh
. "$IMAGES/cluster/cluster-lib.sh"

pods=10.244.0.0/16

pod_range() { kubectl get node "$1" -o 'jsonpath={.spec.podCIDR}'; }
has_range() { [[ -n $(pod_range "$1") ]]; }
address() { docker inspect -f '{{.NetworkSettings.Networks.kind.IPAddress}}' "$1"; }

# conflist RANGE: addresses live on a tmpfs, so a restarted node hands out all of them again.
conflist() {
  cat <<EOF
{"cniVersion": "0.3.1", "name": "reddit-reco", "plugins": [
  {"type": "ptp", "ipMasq": false,
   "ipam": {"type": "host-local", "dataDir": "/run/cni-ipam-state", "routes": [{"dst": "0.0.0.0/0"}],
            "ranges": [[{"subnet": "$1"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
EOF
}

masquerade() {
  local rule=(POSTROUTING -s "$pods" ! -d "$pods" -m comment --comment "reddit-reco: leaving the pod network" -j MASQUERADE)
  docker exec "$1" iptables -w -t nat -C "${rule[@]}" 2>/dev/null || docker exec "$1" iptables -w -t nat -A "${rule[@]}"
}

mapfile -t all < <(nodes)
for node in "${all[@]}"; do
  eventually 60 has_range "$node" || die "node $node got no pod range"
  for other in "${all[@]}"; do
    [[ $other == "$node" ]] || docker exec "$node" ip route replace "$(pod_range "$other")" via "$(address "$other")"
  done
  masquerade "$node"
  conflist "$(pod_range "$node")" | docker exec -i "$node" tee /etc/cni/net.d/10-reddit-reco.conflist >/dev/null
done
