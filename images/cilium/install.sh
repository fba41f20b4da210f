#!/usr/bin/env bash
# Give the nodes Cilium as their pod network, which enforces NetworkPolicy. Applying again repairs.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/cluster/cluster-lib.sh
. "$IMAGES/cluster/cluster-lib.sh"

# A pod that another plugin's configuration let start would be outside Cilium, unenforced, and look healthy. (The
# agent, once it runs, takes such a file out of use by another name.)
no_other_plugin() {
  local node others
  for node in $(nodes); do
    others=$(docker exec "$node" find /etc/cni/net.d -type f ! -name '05-cilium.conflist*' ! -name '*.cilium_bak')
    [[ -z $others ]] || die "node $node has another network plugin's configuration: $others"
  done
}

install() {
  kubectl apply --server-side --force-conflicts -f "$1"
  kubectl -n kube-system rollout status daemonset/cilium --timeout=300s
}

case ${1:-all} in
install) install "$2" ;;
all)
  "$IMAGES/cilium/build.sh"
  "$IMAGES/cluster/load.sh" "reddit-reco/cilium:$CILIUM_VERSION"
  no_other_plugin
  step "install Cilium" "about 1 min" "$0" install "$("$IMAGES/cilium/manifests.sh")"
  ;;
esac
