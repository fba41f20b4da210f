#!/usr/bin/env bash
# Make reddit-reco/metrics-server from its binary, or the upstream image under our name.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"

tag=reddit-reco/metrics-server:$METRICS_SERVER_VERSION
if [[ $(supply) == registry ]]; then
  hash=registry
  [[ $(image_label "$tag") == "$hash" ]] || pull_as "$METRICS_SERVER_UPSTREAM:$METRICS_SERVER_VERSION" "$tag" "$hash"
  exit 0
fi

"$IMAGES/metrics-server/binary.sh"
binary=$CACHE/bin/metrics-server-$METRICS_SERVER_VERSION
hash=packages-$(digest "$IMAGES/metrics-server/Dockerfile" "$binary/.complete")
[[ $(image_label "$tag") == "$hash" ]] ||
  step "build $tag" "about 3 s" docker build -q --label "$LABEL=$hash" -t "$tag" -f "$IMAGES/metrics-server/Dockerfile" "$binary"
