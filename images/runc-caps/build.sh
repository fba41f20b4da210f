#!/usr/bin/env bash
# Build the runc wrapper for hosts that lack capabilities, once per content: $CACHE/bin/runc-caps.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

hash=$(digest "$IMAGES/runc-caps/main.go")
out=$CACHE/bin/runc-caps-$hash
if [[ ! -x $out ]]; then
  cd "$IMAGES/runc-caps"
  step "build runc-caps" "about 5 s" env CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$out" .
fi
ln -sfn "$out" "$CACHE/bin/runc-caps"
