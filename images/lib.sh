# Sourced by every script here: paths, versions, progress, the lock, and the report of a failure.
# shellcheck shell=bash

IMAGES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
REPO=$(dirname "$IMAGES")
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/reddit-reco
LOGS=$CACHE/logs
# The name of the release and of its namespace, on every cluster.
RELEASE=reddit-reco
# Another name gives a second cluster beside the first (it needs a PORT of its own): tests use that.
CLUSTER=${CLUSTER:-$RELEASE}
# What files of the cache that are of a second cluster have in their names.
SUFFIX=
[[ $CLUSTER == "$RELEASE" ]] || SUFFIX=-$CLUSTER
export IMAGES REPO CACHE LOGS CLUSTER

set -a
# shellcheck source=images/versions.env
. "$IMAGES/versions.env"
set +a

mkdir -p "$CACHE/tools/bin" "$CACHE/bin" "$CACHE/build" "$CACHE/images" "$LOGS"
export PATH="$CACHE/tools/bin:$PATH"
export KUBECONFIG=$CACHE/kubeconfig$SUFFIX
export DOCKER_BUILDKIT=1 BUILDKIT_PROGRESS=plain

say() { printf '%s\n' "$*" >&2; }

die() {
  say "ERROR: $*"
  exit 1
}

# took SECONDS: a duration as people read it.
took() {
  if (($1 >= 60)); then printf '%dm%02ds' $(($1 / 60)) $(($1 % 60)); else printf '%ds' "$1"; fi
}

# lock: two commands of ours never work on the same cluster and cache at once. Scripts called
# by the holder inherit the lock; whoever leaves a daemon behind closes descriptor 9 for it.
lock() {
  [[ ${REDDIT_RECO_LOCK:-} == held ]] && return
  exec 9>"$CACHE/lock"
  if ! flock -n 9; then
    say "another reddit-reco command is at work here, waiting for it ..."
    flock 9
  fi
  export REDDIT_RECO_LOCK=held
}

# step NAME ESTIMATE COMMAND...: run a command with its output in the log, a line when it starts,
# one every 30 s, one when it ends; on failure say what failed, why, and where to look.
step() {
  local name=$1 estimate=$2 log started=$SECONDS pid waited=0
  shift 2
  log=$LOGS/$(tr -cs 'a-zA-Z0-9.\n_-' '-' <<<"$name").log
  say "==> $name ($estimate) ..."
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    ((++waited % 150)) || say "    ... $name: $(took $((SECONDS - started))) of $estimate"
  done
  if wait "$pid"; then
    say "    $name: done in $(took $((SECONDS - started)))"
    return 0
  fi
  say "    $name: FAILED after $(took $((SECONDS - started))). The last lines of its log:"
  tail -n 15 "$log" | sed 's/^/    | /' >&2
  say "    The whole log: $log"
  say "    What is done is kept: run the same command again to go on from here."
  return 1
}

# digest FILE|DIR...: a short name for the content of a recipe or a source; what changed is built anew.
digest() {
  find "$@" -type f ! -name '*.md' ! -name '*.pyc' ! -path '*.egg-info/*' -exec sha256sum {} + |
    sed 's|  .*/|  |' | LC_ALL=C sort | sha256sum | cut -c1-12
}
