#!/usr/bin/env bash
# Delete the cluster with all its data, and stop the engine if we started it. The cache stays, so that
# the next start takes minutes; PURGE=1 removes the cache and our images too. A second cluster (CLUSTER=) goes alone.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/engine-lib.sh
. "$IMAGES/engine-lib.sh"

# delete: also where kind was never built or the cluster was made by halves.
delete_cluster() {
  local ids
  say "==> deleting the cluster (about 5 s) ..."
  ids=$(docker ps -aq --filter "label=io.x-k8s.kind.cluster=$CLUSTER")
  # shellcheck disable=SC2086
  [[ -z $ids ]] || docker rm -fv $ids >/dev/null
  # kind's network stays where another cluster of the user's is on it.
  docker network rm kind >/dev/null 2>&1 || true
}

purge() {
  local images
  images=$(docker images -q 'reddit-reco/*' | sort -u)
  # shellcheck disable=SC2086
  [[ -z $images ]] || docker rmi -f $images >/dev/null
}

lock
if [[ -n $SUFFIX ]]; then
  delete_cluster
  rm -f "$CACHE"/{kubeconfig,url}"$SUFFIX" "$CACHE/release-values$SUFFIX.yaml" "$CACHE/kind-config$SUFFIX.yaml"
  exit 0
fi
# The engine died, its containers did not: only an engine can end them.
engine_answers || [[ ! -s $ENGINE/started-by-us ]] || start_engine
if engine_answers; then
  [[ -x $CACHE/tools/bin/docker ]] || link_client
  delete_cluster
  "$IMAGES/registry.sh" down
  [[ -z ${PURGE:-} ]] || purge
fi
rm -f "$KUBECONFIG"
# Else `make url` would still name it, and `make token` would ask it and not a local run.
rm -f "$CACHE/url"
stop_engine
[[ -z ${PURGE:-} ]] || rm -rf "${CACHE:?}"
say "nothing of reddit-reco runs any more"
