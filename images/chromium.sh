#!/usr/bin/env bash
# Print where Debian's Chromium is, for the browser tests; installs it where it is missing and we may.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

if ! command -v chromium >/dev/null; then
  if ! command -v apt-get >/dev/null || ((EUID != 0)); then
    die "the browser tests need Debian's Chromium: sudo apt-get install chromium"
  fi
  step "update the package lists" "about 10 s" apt-get update -qq
  step "install chromium" "about 1 min" apt-get install -y -qq --no-install-recommends chromium
fi
command -v chromium
