#!/usr/bin/env bash
# Export everything that helps to understand a failure into $CACHE/logs/cluster-TIME/, and print where.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

out=$LOGS/cluster-$(date +%Y%m%d-%H%M%S)
mkdir -p "$out"
kind export logs "$out" --name "$CLUSTER" >/dev/null 2>&1 || true
kubectl get nodes,pods,pvc,ingress,events -A -o wide --request-timeout=10s >"$out/kubectl.txt" 2>&1 || true
kubectl describe pods -A --request-timeout=20s >"$out/pods.txt" 2>&1 || true
# The latest five are enough.
find "$LOGS" -maxdepth 1 -name 'cluster-*' | sort -r | tail -n +6 | xargs -r rm -rf
echo "$out"
