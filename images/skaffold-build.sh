#!/usr/bin/env bash
# Build one component for skaffold, under the tag that it asks for in $IMAGE: skaffold-build.sh NAME
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

: "${IMAGE:?skaffold says under which tag; by hand use images/service.sh}"
docker tag "$("$IMAGES/service.sh" "$1")" "$IMAGE"
if [[ ${PUSH_IMAGE:-false} == true ]]; then docker push "$IMAGE"; fi
