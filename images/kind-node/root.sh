#!/usr/bin/env bash
# Make the node's root file system from Debian packages: reddit-reco/kind-root. Debian 12, because its
# systemd still runs on hosts with cgroup v1.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"

tag=reddit-reco/kind-root:$DEBIAN_TAG
hash=$(digest "$0")
packages=systemd,conntrack,iptables,nftables,iproute2,ethtool,util-linux,mount,kmod,libseccomp2,jq,socat,ebtables
packages+=,runc,e2fsprogs,procps,curl,ca-certificates,busybox-static,catatonit

have_image "$tag" "$hash" && exit 0
"$IMAGES/mmdebstrap.sh"
step "make the node's Debian root" "about 1 min" \
  mmdebstrap --variant=minbase --include="$packages" --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' "$DEBIAN_SUITE" "$CACHE/kind-root.tar"
import_root "$CACHE/kind-root.tar" "$tag" "$hash"
rm "$CACHE/kind-root.tar"
