#!/usr/bin/env bash
# Print the folder with Cilium's objects, made once from what its Go module carries: its CRDs, which an
# operator would make elsewhere, and its chart with values.yaml.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

out=$CACHE/manifests/cilium-$CILIUM_VERSION-$(digest "$0" "$IMAGES/cilium/values.yaml")-$KUBERNETES_VERSION
if [[ ! -d $out ]]; then
  module=$("$IMAGES/cilium/module.sh")
  rm -rf "$out.part"
  mkdir -p "$out.part"
  cp "$module"/pkg/k8s/apis/cilium.io/client/crds/v2*/*.yaml "$out.part/"
  chmod u+w "$out.part"/*
  helm template cilium "$module/install/kubernetes/cilium" --namespace kube-system \
    --kube-version "${KUBERNETES_VERSION#v}" -f "$IMAGES/cilium/values.yaml" \
    --set "image.override=reddit-reco/cilium:$CILIUM_VERSION" >"$out.part/cilium.yaml"
  mv "$out.part" "$out"
fi
echo "$out"
