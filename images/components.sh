#!/usr/bin/env bash
# Print the names of all components that have an image of their own, one a line.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$REPO"
for dockerfile in services/*/Dockerfile; do basename "$(dirname "$dockerfile")"; done
[[ ! -f sync-cronjob/Dockerfile ]] || echo sync
[[ ! -f images/mongodb/agent/Dockerfile ]] || echo mongodb-agent
