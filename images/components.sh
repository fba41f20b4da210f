#!/usr/bin/env bash
# Print the names of all components that have an image of their own, one a line: the verbs of the chart's
# table, and what serves them all.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

sed -n '/^components:/,/^[^ #]/ s/^  \([a-z]*\):$/\1/p' "$REPO/charts/reddit-reco/values.yaml"
echo sync
echo mongodb-agent
