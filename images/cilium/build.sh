#!/usr/bin/env bash
# Make reddit-reco/cilium from its programs, or the upstream image under our name.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"

tag=reddit-reco/cilium:$CILIUM_VERSION
if [[ $(supply) == registry ]]; then
  hash=registry
  [[ $(image_label "$tag") == "$hash" ]] || pull_as "$CILIUM_UPSTREAM:$CILIUM_VERSION" "$tag" "$hash"
  exit 0
fi

context=$CACHE/build/cilium-image
binaries=$CACHE/bin/cilium-$CILIUM_VERSION

fill_context() {
  local module
  module=$("$IMAGES/cilium/module.sh")
  rm -rf "$context"
  mkdir -p "$context/bin" "$context/scripts"
  ln "$binaries"/* "$context/bin/"
  cp -r "$module/bpf" "$context/bpf"
  cp "$module/images/cilium/init-container.sh" "$module"/plugins/cilium-cni/{install-plugin,cni-uninstall}.sh \
    "$context/scripts/"
  chmod -R u+w "$context"
}

"$IMAGES/cilium/binaries.sh"
hash=packages-$(digest "$IMAGES/cilium/Dockerfile" "$0" "$IMAGES/debian" "$binaries/.complete")
have_image "$tag" "$hash" && exit 0
"$IMAGES/debian/build.sh"
fill_context
step "build $tag" "about 1 min" "$IMAGES/docker-build.sh" "$tag" "$hash" -f "$IMAGES/cilium/Dockerfile" "$context"
rm -rf "$context"
keep_image "$tag" "$hash"
