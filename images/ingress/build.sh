#!/usr/bin/env bash
# Make reddit-reco/traefik from its binary, or the upstream image under our name.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"

tag=reddit-reco/traefik:$TRAEFIK_VERSION
hash=$(supply)-$(digest "$IMAGES/ingress/Dockerfile")

[[ $(image_label "$tag") == "$hash" ]] && exit 0
if [[ $(supply) == registry ]]; then
  pull_as "$TRAEFIK_UPSTREAM:$TRAEFIK_VERSION" "$tag" "$hash"
else
  "$IMAGES/ingress/binary.sh"
  step "build $tag" "about 3 s" docker build -q --label "$LABEL=$hash" -t "$tag" \
    -f "$IMAGES/ingress/Dockerfile" "$CACHE/bin/traefik-$TRAEFIK_VERSION"
fi
