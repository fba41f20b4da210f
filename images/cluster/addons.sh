#!/usr/bin/env bash
# Install what kind does not bring: Gateway API CRDs, Traefik, metrics-server. Applying again repairs.
# (The default StorageClass comes with the node image.)
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

apply() { kubectl apply --server-side --force-conflicts -f "$@"; }
filled() { sed "s/@TAG@/$2/" "$IMAGES/$1"; }

install() {
  apply "$("$IMAGES/ingress/gateway-api.sh")"
  filled ingress/traefik.yaml "$TRAEFIK_VERSION" | apply -
  filled metrics-server/manifest.yaml "$METRICS_SERVER_VERSION" | apply -
}

wait_ready() {
  kubectl -n traefik rollout status deployment/traefik --timeout=120s
  kubectl -n kube-system rollout status deployment/coredns --timeout=120s
  kubectl -n local-path-storage rollout status deployment/local-path-provisioner --timeout=120s
}

case ${1:-all} in
install) install ;;
wait) wait_ready ;;
all)
  "$IMAGES/ingress/build.sh"
  "$IMAGES/metrics-server/build.sh"
  "$IMAGES/cluster/load.sh" "reddit-reco/traefik:$TRAEFIK_VERSION" "reddit-reco/metrics-server:$METRICS_SERVER_VERSION"
  step "install the add-ons" "about 5 s" "$0" install
  step "wait for the add-ons" "about 15 s" "$0" wait
  ;;
esac
