#!/usr/bin/env bash
# Print where images come from: "registry" if a container registry answers within seconds, else "packages".
# SUPPLY= decides by itself; REGISTRY_MIRROR=host:port asks (and later pulls from) that registry instead.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

# answers: the registry shows the manifest of an image that we would pull anyway.
answers() {
  local insecure=()
  [[ -z ${REGISTRY_MIRROR:-} ]] || insecure=(--insecure)
  timeout 8 docker manifest inspect "${insecure[@]}" "${REGISTRY_MIRROR:+$REGISTRY_MIRROR/}$DEBIAN_UPSTREAM" \
    >/dev/null 2>&1
}

# One command asks once: what was decided in the last half hour holds.
decide() {
  local decided=$CACHE/supply${REGISTRY_MIRROR:+-mirror}
  if [[ -z $(find "$decided" -mmin -30 2>/dev/null) ]]; then
    if answers; then echo registry; else echo packages; fi >"$decided.$$"
    mv "$decided.$$" "$decided" # at once: two lanes may ask at the same time
  fi
  cat "$decided"
}

case ${SUPPLY:-} in
registry | packages) echo "$SUPPLY" ;;
"") decide ;;
*) die "SUPPLY is registry or packages, not '$SUPPLY'" ;;
esac
