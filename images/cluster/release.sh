#!/usr/bin/env bash
# Install or upgrade the release in the kind cluster from this checkout's chart, wait for it, and search it.
# Usage: release.sh VALUES_FILE
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

# A release that a killed run left in the middle of an install or upgrade refuses the next one.
unlock_release() {
  local status
  # No release yet is no failure.
  status=$({ helm -n "$RELEASE" status "$RELEASE" -o json 2>/dev/null || true; } | sed -nE 's/.*"status":"([a-z-]+)".*/\1/p')
  case $status in
  pending-upgrade | pending-rollback) helm -n "$RELEASE" rollback "$RELEASE" >/dev/null ;;
  pending-install | uninstalling) helm -n "$RELEASE" uninstall "$RELEASE" --wait >/dev/null ;;
  esac
}

make_namespace() {
  kubectl create namespace "$RELEASE" --dry-run=client -o yaml | kubectl apply -f - >/dev/null
  kubectl label namespace "$RELEASE" --overwrite pod-security.kubernetes.io/enforce=restricted >/dev/null
}

install() {
  helm upgrade --install "$RELEASE" "$REPO/charts/reddit-reco" -n "$RELEASE" -f "$1" --wait --timeout 10m
}

answers() {
  local tries=60
  until curl -fsS -o /dev/null "http://localhost:$PORT/api/v1/search?q=python"; do
    ((--tries)) || return 1
    sleep 1
  done
}

evidence() { "$IMAGES/cluster/logs.sh" || true; }
trap evidence ERR

unlock_release
make_namespace
step "install the release" "about 2 min" install "$1"
step "search it through the Ingress" "a few seconds" answers
