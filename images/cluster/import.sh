#!/usr/bin/env bash
# Import images of the engine into every node, and note which version each node has: import.sh IMAGE...
# One archive goes to all nodes, so that layers which images share travel once.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/cluster/cluster-lib.sh
. "$IMAGES/cluster/cluster-lib.sh"

import() {
  docker exec -i "$1" ctr --namespace=k8s.io images import --all-platforms --snapshotter=overlayfs \
    --label=io.cri-containerd.pinned=pinned - <"$archive"
  note "$1"
}

# note NODE: the new lines replace the old ones of the same image.
note() {
  local image
  {
    for image in "${images[@]}"; do docker image inspect -f "$image {{.Id}}" "$image"; done
    loaded "$1"
  } | awk '!seen[$1]++' | LC_ALL=C sort | docker exec -i "$1" tee "$LOADED.new" >/dev/null
  docker exec "$1" mv "$LOADED.new" "$LOADED"
}

images=("$@")
archive=$CACHE/load.tar
trap 'rm -f "$archive"' EXIT
docker save -o "$archive" "${images[@]}"
pids=()
for node in $(nodes); do
  import "$node" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
