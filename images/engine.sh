#!/usr/bin/env bash
# Make sure that a Docker engine answers, and put a client that can build into the tools folder.
# A running engine is used as it is; what we start or install is noted, so that down.sh stops it.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=images/engine-lib.sh
. "$IMAGES/engine-lib.sh"

lock
if ! engine_answers; then
  enough_disk
  command -v dockerd >/dev/null || install_engine
  start_engine
fi
link_client
