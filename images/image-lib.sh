# Images in the engine and in the cache: build, import, pull, keep, restore. Sourced by build scripts.
# An image carries the hash of its recipe as a label: a changed recipe is built anew under the same tag.
# shellcheck shell=bash

LABEL=reddit-reco.recipe
SECRETS=$CACHE/secrets

supply() { "$IMAGES/supply.sh"; }

# kept TAG HASH: where the cache keeps the image.
kept() {
  local name=${1//[\/:]/_}
  printf '%s\n' "$CACHE/images/$name-$2.tar.gz"
}

image_label() { docker image inspect "$1" --format "{{index .Config.Labels \"$LABEL\"}}" 2>/dev/null; }

# have_image TAG HASH: the engine has it, or gets it back from the cache.
have_image() {
  [[ $(image_label "$1") == "$2" ]] && return 0
  [[ -f $(kept "$1" "$2") ]] || return 1
  step "load $1 from the cache" "about 10 s" docker load -i "$(kept "$1" "$2")"
}

# keep_image TAG HASH: save it, so that an engine that lost its images needs no new build.
keep_image() {
  local file
  file=$(kept "$1" "$2")
  rm -f "$CACHE/images/${1//[\/:]/_}-"*
  docker save "$1" | gzip -1 >"$file.part"
  mv "$file.part" "$file"
}

# import_root TAR TAG HASH: a root file system as an image of one layer.
import_root() { docker import --change "LABEL $LABEL=$3" "$1" "$2" >/dev/null; }

# pull_as UPSTREAM TAG HASH: an upstream image under our tag and with our label.
pull_as() {
  local upstream=${REGISTRY_MIRROR:+$REGISTRY_MIRROR/}$1
  step "pull $upstream" "about 30 s" docker pull "$upstream"
  docker build -q --label "$LABEL=$3" -t "$2" - <<<"FROM $upstream" >/dev/null
}

# build_secrets: what a build needs of this machine to reach package indexes, never kept in an image:
# its CA bundle and its pip settings.
build_secrets() {
  install -d -m 700 "$SECRETS"
  cat "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" >"$SECRETS/ca" 2>/dev/null || : >"$SECRETS/ca"
  {
    echo "[global]"
    { pip config list 2>/dev/null || true; } | sed -nE \
      "s/^(global|install|:env:)\.(index-url|extra-index-url|proxy|trusted-host|retries)='(.*)'$/\2 = \3/p"
  } >"$SECRETS/pip"
}
