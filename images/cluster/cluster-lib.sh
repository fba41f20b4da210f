# The cluster's nodes and their state. Sourced by the scripts of this folder.
# shellcheck shell=bash

CONTROL_PLANE=$CLUSTER-control-plane
MADE=/kind/reddit-reco-made

# nodes: the names of all node containers, running or not, the control plane first.
nodes() {
  docker ps -a --filter "label=io.x-k8s.kind.cluster=$CLUSTER" --format '{{.Names}}' | sort
}

running() { [[ $(docker inspect -f '{{.State.Running}}' "$1" 2>/dev/null) == true ]]; }

# made: the cluster was created to the end (and not killed halfway).
made() { docker exec "$CONTROL_PLANE" test -e "$MADE" 2>/dev/null; }

# network: the pod network that the cluster was made with; one that does not say is of before there were two.
network() {
  local name
  name=$(docker exec "$CONTROL_PLANE" cat "$MADE")
  echo "${name:-ptp}"
}

api_answers() { kubectl get --raw /readyz --request-timeout=5s >/dev/null 2>&1; }

# host_port: the port of this machine that leads to the cluster's Ingress.
host_port() {
  docker inspect -f '{{(index (index .HostConfig.PortBindings "80/tcp") 0).HostPort}}' "$CONTROL_PLANE"
}

# eventually SECONDS COMMAND...
eventually() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 1
  done
}

LOADED=/kind/reddit-reco-loaded

# loaded NODE: the images it has, as "reference id": noted by us, and still known to its containerd.
loaded() {
  docker exec "$1" sh -c "export LC_ALL=C; touch $LOADED
    ctr -n k8s.io images list -q 2>/dev/null | sed 's|^docker.io/||' | sort -u | join -o 2.1,2.2 - $LOADED"
}
