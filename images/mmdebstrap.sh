#!/usr/bin/env bash
# Make sure that mmdebstrap, which makes Debian roots from packages, is on this machine.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

command -v mmdebstrap >/dev/null && exit 0
# Both lanes of a build may come here at once.
exec 8>"$CACHE/apt.lock"
flock 8
command -v mmdebstrap >/dev/null && exit 0
command -v apt-get >/dev/null || die "no container registry answers, and building from packages needs Debian or Ubuntu."
((EUID == 0)) || die "building from packages needs root and mmdebstrap: sudo apt-get install mmdebstrap"
export DEBIAN_FRONTEND=noninteractive
step "update the package lists" "about 10 s" apt-get update -qq
step "install mmdebstrap" "about 10 s" apt-get install -y -qq --no-install-recommends mmdebstrap debian-archive-keyring
