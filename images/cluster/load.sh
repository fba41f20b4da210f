#!/usr/bin/env bash
# Load images of the engine into the nodes that lack them, or have them in another version: load.sh IMAGE...
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/cluster/cluster-lib.sh
. "$IMAGES/cluster/cluster-lib.sh"

lacking() { loaded "$1" | grep -Fvxf /dev/stdin <(printf '%s\n' "${wanted[@]}") || true; }

lock
wanted=()
for image in "$@"; do
  id=$(docker image inspect -f '{{.Id}}' "$image") || die "the engine has no image $image"
  wanted+=("$image $id")
done
mapfile -t missing < <(for node in $(nodes); do lacking "$node"; done | cut -d ' ' -f 1 | sort -u)
((${#missing[@]} == 0)) ||
  step "load ${#missing[@]} image(s) into the cluster" "about $((4 + 2 * ${#missing[@]})) s" \
    "$IMAGES/cluster/import.sh" "${missing[@]}"
