#!/usr/bin/env bash
# Make reddit-reco/kind-node: a kind node image, from packages or on top of the upstream one.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"
# shellcheck source=images/engine-lib.sh
. "$IMAGES/engine-lib.sh"

tag=reddit-reco/kind-node:$KUBERNETES_VERSION
from=$(supply)
versions=$(grep -E '^(KIND|KUBERNETES|ETCD|CONTAINERD|COREDNS|CNI|LOCAL)' "$IMAGES/versions.env" | sha256sum | cut -c1-8)
hash=$from-$(digest "$IMAGES/kind-node" "$IMAGES/runc-caps" "$IMAGES/base/copy-packages")-$versions
lacks_capabilities && hash+=-caps

have_image "$tag" "$hash" && exit 0
if [[ $from == registry ]]; then
  pull_as "$KIND_NODE_UPSTREAM:$KUBERNETES_VERSION" "$tag-plain" "$hash"
else
  "$IMAGES/kind-node/root.sh"
  "$IMAGES/kind-node/binaries.sh"
  step "assemble the kind node image" "about 30 s" "$IMAGES/kind-node/assemble.sh" "$tag-plain"
fi
step "finish the kind node image" "about 10 s" "$IMAGES/kind-node/finish.sh" "$tag-plain" "$tag" "$hash"
docker rmi "$tag-plain" >/dev/null
keep_image "$tag" "$hash"
