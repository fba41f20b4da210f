#!/usr/bin/env bash
# Load images of the engine into the nodes that lack them: load.sh IMAGE...
# One archive goes to every node, so that layers which images share travel once.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/cluster/cluster-lib.sh
. "$IMAGES/cluster/cluster-lib.sh"

loaded=/kind/reddit-reco-loaded

# lines NODE: what the node has, as "reference id": noted by us, and still known to its containerd.
lines() {
  docker exec "$1" sh -c "touch $loaded; ctr -n k8s.io images list -q |
    sed 's|^docker.io/||' | sort -u | join -o 2.1,2.2 - $loaded"
}

# lacking NODE: which of the wanted images it lacks, in this very version.
lacking() { lines "$1" | grep -Fvxf /dev/stdin <(printf '%s\n' "${wanted[@]}") || true; }

import() {
  docker exec -i "$1" ctr --namespace=k8s.io images import --all-platforms --digests \
    --label=io.cri-containerd.pinned=pinned --snapshotter=overlayfs - <"$archive"
  { lines "$1"; printf '%s\n' "${missing[@]}"; } | sort -k 1,1 -u | docker exec -i "$1" tee "$loaded.new" >/dev/null
  docker exec "$1" mv "$loaded.new" "$loaded"
}

wanted=()
for image in "$@"; do
  id=$(docker image inspect -f '{{.Id}}' "$image") || die "the engine has no image $image"
  wanted+=("$image $id")
done

mapfile -t all < <(nodes)
mapfile -t missing < <(for node in "${all[@]}"; do lacking "$node"; done | sort -u)
((${#missing[@]})) || exit 0

archive=$CACHE/load.tar
trap 'rm -f "$archive"' EXIT
docker save -o "$archive" "${missing[@]% *}"
pids=()
for node in "${all[@]}"; do
  import "$node" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
