#!/usr/bin/env bash
# `make up`: whatever is missing, from the Docker engine to the starter posts. Converges from any half-state.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=images/cluster/cluster-lib.sh
. "$IMAGES/cluster/cluster-lib.sh"

values=$CACHE/release-values$SUFFIX.yaml
started=$SECONDS
declare -A tags
# Verbs to switch on that are off in the chart's values, separated by commas or blanks.
WITH=${WITH:-}
WITH=${WITH//,/ }

# release_values: the chart's values for the images of this very checkout, and the verbs of WITH switched on.
release_values() {
  local name
  echo "services:"
  for name in "${!tags[@]}"; do
    [[ $name == sync || $name == mongodb-agent ]] || echo "  $name: {image: {tag: \"${tags[$name]##*:}\"}}"
  done | sort
  echo "sync: {image: {tag: \"${tags[sync]##*:}\"}}"
  echo "mongodb: {image: {tag: \"${mongodb##*:}\"}, agent: {image: {tag: \"${tags[mongodb-agent]##*:}\"}}}"
  echo "starterPosts: {enabled: true}"
  [[ -z $WITH ]] || echo "components:"
  for name in $WITH; do echo "  $name: {enabled: true}"; done
}

# A name that the chart does not know would become an entry of its own in the table.
for name in $WITH; do
  "$IMAGES/components.sh" | grep -x -- "$name" >/dev/null || die "WITH=$name: there is no such verb"
done

lock
trap 'say "make up stopped after $(took $((SECONDS - started))). Logs: $LOGS. To start over: make down, then make up."' ERR
say "Bringing up reddit-reco. The very first time builds everything, about 20 min on 2 cores; later 1 to 4 min."

"$IMAGES/cluster/up.sh"
mongodb=$("$IMAGES/mongodb/build.sh")
for name in $("$IMAGES/components.sh"); do tags[$name]=$("$IMAGES/service.sh" "$name"); done
step "load the images into the nodes" "about 30 s" \
  "$IMAGES/cluster/load.sh" "$mongodb" "${tags[@]}"
release_values >"$values"
PORT=$(host_port)
export PORT
"$IMAGES/cluster/release.sh" "$values"

echo "http://localhost:$PORT" >"$CACHE/url$SUFFIX"
say ""
say "reddit-reco is up after $(took $((SECONDS - started))): http://localhost:$PORT"
say "  your posts   make import FILE=dump.ndjson.zst FORMAT=arctic-shift"
say "  kubectl      export KUBECONFIG=$KUBECONFIG   (namespace $RELEASE)"
say "  logs         make logs          stop: make down"
