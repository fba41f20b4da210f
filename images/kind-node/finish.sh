#!/usr/bin/env bash
# finish.sh FROM TAG HASH: what every node of ours needs, whoever made the image: registries configured by
# folder, and the runc wrapper where this host lacks capabilities.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"
# shellcheck source=images/engine-lib.sh
. "$IMAGES/engine-lib.sh"

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
{
  echo "FROM $1"
  if lacks_capabilities; then
    "$IMAGES/runc-caps/build.sh"
    cp "$CACHE/bin/runc-caps" "$context/"
    # Once: an image that carries the wrapper already has the real runc in its place.
    echo 'RUN [ -e /kind/runc-caps ] || [ ! -e /usr/local/sbin/runc ] || mv /usr/local/sbin/runc /usr/local/sbin/runc.real'
    echo 'RUN touch /kind/runc-caps'
    echo 'COPY runc-caps /usr/local/sbin/runc'
  fi
} >"$context/Dockerfile"
docker build -q --label "$LABEL=$3" -t "$2" "$context"
