#!/usr/bin/env bash
# Make reddit-reco/traefik from its binary, or the upstream image under our name.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"

tag=reddit-reco/traefik:$TRAEFIK_VERSION
if [[ $(supply) == registry ]]; then
  hash=registry
  [[ $(image_label "$tag") == "$hash" ]] || pull_as "$TRAEFIK_UPSTREAM:$TRAEFIK_VERSION" "$tag" "$hash"
  exit 0
fi

"$IMAGES/ingress/binary.sh"
binary=$CACHE/bin/traefik-$TRAEFIK_VERSION
hash=packages-$(digest "$IMAGES/ingress/Dockerfile" "$binary/.complete")
[[ $(image_label "$tag") == "$hash" ]] ||
  step "build $tag" "about 3 s" docker build -q --label "$LABEL=$hash" -t "$tag" -f "$IMAGES/ingress/Dockerfile" "$binary"
