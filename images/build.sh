#!/usr/bin/env bash
# Make all images of the infrastructure that are not there yet: the kind node on one lane, on the other the
# base of the services, MongoDB, the ingress controller and metrics-server. (Two lanes: two cores.)
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

lock
"$IMAGES/kind-node/build.sh" &
node=$!
failed=0
for image in base mongodb ingress metrics-server; do
  "$IMAGES/$image/build.sh" >/dev/null || failed=1
done
wait "$node" || failed=1
exit "$failed"
