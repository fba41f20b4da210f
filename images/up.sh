#!/usr/bin/env bash
# `make up`: whatever is missing, from the Docker engine to the starter posts. Converges from any half-state.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

SERVICES=(posts ingest search web sync mongodb-agent)
started=$SECONDS

lock
trap 'say "make up stopped after $(took $((SECONDS - started))). Logs: $LOGS. To start over: make down, then make up."' ERR
say "Bringing up reddit-reco. The very first time builds everything: 20 to 35 min on 2 cores; later 1 to 4 min."

"$IMAGES/engine.sh"
"$IMAGES/tools.sh"
"$IMAGES/build.sh"
declare -A tags
for name in "${SERVICES[@]}"; do tags[$name]=$("$IMAGES/service.sh" "$name"); done
"$IMAGES/cluster/up.sh"
"$IMAGES/cluster/load.sh" "reddit-reco/mongodb:$MONGODB_TAG" "${tags[@]}"

values=$CACHE/release-values.yaml
cat >"$values" <<YAML
services:
  posts: {image: {tag: "${tags[posts]##*:}"}}
  ingest: {image: {tag: "${tags[ingest]##*:}"}}
  search: {image: {tag: "${tags[search]##*:}"}}
  web: {image: {tag: "${tags[web]##*:}"}}
sync: {image: {tag: "${tags[sync]##*:}"}}
mongodb: {image: {tag: "$MONGODB_TAG"}, agent: {image: {tag: "${tags[mongodb-agent]##*:}"}}}
starterPosts: {enabled: true}
YAML
"$IMAGES/cluster/release.sh" "$values"

echo "http://localhost:$PORT" >"$CACHE/url"
say ""
say "reddit-reco is up after $(took $((SECONDS - started))): http://localhost:$PORT"
say "  your posts   make import FILE=dump.ndjson.zst FORMAT=arctic-shift"
say "  kubectl      export KUBECONFIG=$KUBECONFIG   (namespace $CLUSTER)"
say "  logs         make logs          stop: make down"
