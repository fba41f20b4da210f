#!/usr/bin/env bash
# docker-build.sh TAG HASH ARGS...: docker build with BuildKit, on this machine's network, with what a build
# needs of this machine to reach package indexes (CA bundle, pip settings) as secrets, never in an image.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"

tag=$1 hash=$2
shift 2
build_secrets
docker build --network=host --secret "id=ca,src=$SECRETS/ca" --secret "id=pip,src=$SECRETS/pip" \
  --build-arg "DEBIAN=reddit-reco/debian:$DEBIAN_TAG" --build-arg "BASE=reddit-reco/base:$BASE_TAG" \
  --build-arg "BUILD=reddit-reco/base-build:$BASE_TAG" --label "$LABEL=$hash" -t "$tag" "$@"
# What the tag was on before is of no use any more.
docker image prune -f --filter "label=$LABEL" >/dev/null
