#!/usr/bin/env bash
# Build the image of a component, unless this very content is built already, and print its tag:
# service.sh NAME   (posts, ingest, ... in services/; sync; mongodb-agent).
# The image is reddit-reco/NAME:VERSION and :VERSION-HASH; the hash covers what its Dockerfile copies.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=images/image-lib.sh
. "$IMAGES/image-lib.sh"

name=$1
case $name in
sync) folder=sync-cronjob ;;
mongodb-agent) folder=images/mongodb/agent ;;
*) folder=services/$name ;;
esac
cd "$REPO"
[[ -f $folder/Dockerfile ]] || die "there is no $folder/Dockerfile"

# copied: what the Dockerfile takes from the repository.
copied() {
  awk '$1 == "COPY" && $2 !~ /^--from/ { for (i = 2; i < NF; i++) if ($i !~ /^--/) print $i }' "$folder/Dockerfile"
}

mapfile -t inputs < <(copied)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$folder/pyproject.toml" | head -n 1)
hash=$(digest "$folder/Dockerfile" "${inputs[@]}" "$IMAGES/base" "$IMAGES/debian")
tag=reddit-reco/$name:$version-$hash

# BuildKit knows a file that it was sent by name, size and time: from an archive, where all times are equal, it would
# take another component's Dockerfile of the same size for this one.
dockerfile() {
  mkdir -p "$CACHE/dockerfiles"
  cp "$folder/Dockerfile" "$CACHE/dockerfiles/$name.Dockerfile"
}

if ! have_image "$tag" "$hash"; then
  "$IMAGES/base/build.sh"
  dockerfile
  step "build $tag" "about 20 s" "$IMAGES/docker-build.sh" "$tag" "$hash" -f "$CACHE/dockerfiles/$name.Dockerfile" .
fi
docker tag "$tag" "reddit-reco/$name:$version"
echo "$tag"
