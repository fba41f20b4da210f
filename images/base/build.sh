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
  # shellcheck source=images/image-lib.sh
  step "build $tag" "about 20 s" bash -euc '. "$IMAGES/lib.sh"; . "$IMAGES/image-lib.sh"; docker_build "$@"' - \
    "$tag" "$hash" --target "$target" --build-arg "DEBIAN=reddit-reco/debian:$DEBIAN_TAG" -f images/base/Dockerfile .
  keep_image "$tag" "$hash"
done
