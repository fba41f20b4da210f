#!/usr/bin/env bash
# Make reddit-reco/metrics-server from its binary, or the upstream image under our name.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"

tag=reddit-reco/metrics-server:$METRICS_SERVER_VERSION
hash=$(supply)-$(digest "$IMAGES/metrics-server/Dockerfile")

[[ $(image_label "$tag") == "$hash" ]] && exit 0
if [[ $(supply) == registry ]]; then
  pull_as "$METRICS_SERVER_UPSTREAM:$METRICS_SERVER_VERSION" "$tag" "$hash"
else
  "$IMAGES/metrics-server/binary.sh"
  step "build $tag" "about 3 s" docker build -q --label "$LABEL=$hash" -t "$tag" \
    -f "$IMAGES/metrics-server/Dockerfile" "$CACHE/bin/metrics-server-$METRICS_SERVER_VERSION"
fi
