#!/usr/bin/env bash
# Make reddit-reco/base (runs services) and reddit-reco/base-build (builds them).
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"

hash=$(supply)-$(digest "$IMAGES/base" "$IMAGES/debian")
for target in build runtime; do
  tag=reddit-reco/base:$BASE_TAG
  [[ $target == runtime ]] || tag=reddit-reco/base-build:$BASE_TAG
  have_image "$tag" "$hash" && continue
  "$IMAGES/debian/build.sh"
  cd "$REPO"
  step "build $tag" "about 20 s" "$IMAGES/docker-build.sh" "$tag" "$hash" --target "$target" -f images/base/Dockerfile .
  keep_image "$tag" "$hash"
done
