#!/usr/bin/env bash
# Print the folder with the Gateway API's CRDs (standard channel), taken from its Go module once.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

out=$CACHE/manifests/gateway-api-$GATEWAY_API_VERSION
if [[ ! -d $out ]]; then
  module=$(cd / && go mod download -json "sigs.k8s.io/gateway-api@$GATEWAY_API_VERSION" |
    sed -n 's/^\t"Dir": "\(.*\)",/\1/p')
  mkdir -p "$out.part"
  cp "$module"/config/crd/standard/gateway.networking.k8s.io_*.yaml "$out.part/"
  chmod u+w "$out.part"/*
  mv "$out.part" "$out"
fi
echo "$out"
