#!/usr/bin/env bash
# A registry on this machine's loopback, for tests: registry.sh up|down.  `up` prints its address, which is
# good for `docker push` here and, where the cluster is up, in image names there. REGISTRY_PORT= (5001).
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

name=reddit-reco-registry
address=localhost:${REGISTRY_PORT:-5001}

build() {
  local context=$CACHE/build/registry
  "$IMAGES/tools.sh" registry
  rm -rf "$context" && mkdir -p "$context"
  cp "$CACHE/tools/registry-$REGISTRY_VERSION/registry" "$IMAGES/registry/config.yaml" "$context/"
  step "build the registry's image" "about 3 s" \
    docker build -q -t "reddit-reco/registry:$REGISTRY_VERSION" -f "$IMAGES/registry/Dockerfile" "$context"
}

run() {
  docker run -d --name "$name" -p "127.0.0.1:${address#*:}:5000" -v /data \
    "reddit-reco/registry:$REGISTRY_VERSION" >/dev/null
}

# connect: the nodes find the registry by its container's name, under the address that images carry.
connect() {
  local node
  docker network inspect kind >/dev/null 2>&1 || return 0
  docker network connect kind "$name" 2>/dev/null || true
  for node in $(docker ps --filter "label=io.x-k8s.kind.cluster=$CLUSTER" --format '{{.Names}}'); do
    docker exec "$node" mkdir -p "/etc/containerd/certs.d/$address"
    echo "[host.\"http://$name:5000\"]" |
      docker exec -i "$node" tee "/etc/containerd/certs.d/$address/hosts.toml" >/dev/null
  done
}

case ${1:-} in
up)
  docker inspect "$name" >/dev/null 2>&1 || { build && run; }
  docker start "$name" >/dev/null
  connect
  echo "$address"
  ;;
down) docker rm -fv "$name" >/dev/null 2>&1 || true ;;
*) die "usage: registry.sh up|down" ;;
esac
