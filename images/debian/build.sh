#!/usr/bin/env bash
# Make reddit-reco/debian: Debian's minimal root, from its packages, or the upstream image under our tag.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"

tag=reddit-reco/debian:$DEBIAN_TAG
hash=$(supply)-$(digest "$0")

from_packages() {
  "$IMAGES/mmdebstrap.sh"
  step "make the Debian $DEBIAN_SUITE root" "about 1 min" \
    mmdebstrap --variant=minbase --include=ca-certificates --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$DEBIAN_SUITE" "$CACHE/debian.tar"
  import_root "$CACHE/debian.tar" "$tag" "$hash"
  rm "$CACHE/debian.tar"
}

have_image "$tag" "$hash" && exit 0
if [[ $(supply) == registry ]]; then
  pull_as "$DEBIAN_UPSTREAM" "$tag" "$hash"
else
  from_packages
fi
keep_image "$tag" "$hash"
