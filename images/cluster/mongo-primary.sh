#!/usr/bin/env bash
# Print the name of the pod that is MongoDB's primary, one line.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

[[ -s $KUBECONFIG ]] || die "no cluster: start with 'make up'"
kubectl -n "$RELEASE" get pods -l app.kubernetes.io/component=mongodb -o name | while read -r pod; do
  state=$(kubectl -n "$RELEASE" exec "$pod" -c agent -- python3 -m reddit_reco_mongodb state 2>/dev/null) || continue
  [[ $state != PRIMARY ]] || { echo "${pod#pod/}"; exit 0; }
done | grep . || die "no member is primary right now; try again in a few seconds"
