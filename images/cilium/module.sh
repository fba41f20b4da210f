#!/usr/bin/env bash
# Print the folder of Cilium's Go module, downloaded if need be.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

cd /
go mod download -json "github.com/cilium/cilium@$CILIUM_VERSION" | sed -n 's/^\t"Dir": "\(.*\)",/\1/p'
