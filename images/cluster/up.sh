#!/usr/bin/env bash
# Bring up the cluster from whatever state it is in: engine, tools, node image, nodes, pod network, add-ons.
# PORT= (8080) leads to its Ingress on this machine, NODES= (1) is how many nodes it gets, CNI= (ptp) its pod network;
# cilium enforces NetworkPolicy.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/cluster/cluster-lib.sh
. "$IMAGES/cluster/cluster-lib.sh"

# Set by a person: checked against the cluster that is there. Not set: what it has is right.
asked_port=${PORT:-} asked_nodes=${NODES:-} asked_network=${CNI:-}
case ${asked_network:-ptp} in
ptp | cilium) ;;
*) die "CNI is ptp or cilium, not '$asked_network'" ;;
esac

drop_half_made() {
  [[ -n $(nodes) ]] || return 0
  if ! running "$CONTROL_PLANE"; then docker start "$CONTROL_PLANE" >/dev/null 2>&1 || true; fi
  made && return
  say "==> a cluster that was never finished is here: deleting it"
  kind delete cluster --name "$CLUSTER" --kubeconfig "$KUBECONFIG"
}

check_wishes() {
  local count
  count=$(nodes | wc -l)
  [[ -z $asked_nodes || $asked_nodes == "$count" ]] ||
    die "the cluster has $count node(s), not $asked_nodes. To change that: make down (deletes its data), then make up."
  [[ -z $asked_port || $asked_port == "$(host_port)" ]] ||
    die "the cluster is on port $(host_port), not $asked_port. To change that: make down (deletes its data), then make up."
  [[ -z $asked_network || $asked_network == "$(network)" ]] ||
    die "the cluster's pods are on $(network), not $asked_network. To change that: make down (deletes its data), then make up."
}

free_port() {
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null ||
    die "port $1 of this machine is in use. Choose another: PORT=8081 make up"
}

create() {
  free_port "${asked_port:-8080}"
  local network=${asked_network:-ptp}
  "$IMAGES/build.sh"
  [[ $network != cilium ]] || "$IMAGES/cilium/build.sh"
  step "create the cluster" "about 40 s" "$IMAGES/cluster/create.sh" "${asked_port:-8080}" "${asked_nodes:-1}" "$network" || failed
}

start_nodes() {
  local node
  for node in $(nodes); do
    running "$node" || step "start node $node" "about 5 s" docker start "$node"
  done
}

failed() { die "the cluster did not come up. Its logs: $("$IMAGES/cluster/logs.sh")"; }

# reported NODE: its kubelet has reported since its container started (before, the API shows an old Ready).
reported() {
  local started beat
  started=$(docker inspect -f '{{.State.StartedAt}}' "$1")
  beat=$(kubectl get node "$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].lastHeartbeatTime}' 2>/dev/null)
  [[ ${beat:0:19} > ${started:0:19} ]]
}

wait_ready() {
  local node
  for node in $(nodes); do eventually 120 reported "$node" || failed; done
  step "wait for the nodes to be Ready" "about 20 s" \
    kubectl wait --for=condition=Ready nodes --all --timeout=180s || failed
}

lock
"$IMAGES/engine.sh"
"$IMAGES/tools.sh" kind kubectl helm
drop_half_made
if [[ -z $(nodes) ]]; then
  create
else
  check_wishes
  start_nodes
fi
kind export kubeconfig --name "$CLUSTER" --kubeconfig "$KUBECONFIG" >/dev/null 2>&1
eventually 120 api_answers || failed
case $(network) in
ptp) "$IMAGES/cluster/ptp.sh" ;;
cilium) "$IMAGES/cilium/install.sh" || failed ;;
esac
wait_ready
"$IMAGES/cluster/addons.sh" || failed
