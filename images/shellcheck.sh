#!/usr/bin/env bash
# Check every shell script of the project; installs Debian's shellcheck where it is missing and we may.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v shellcheck >/dev/null; then
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    { apt-get update && apt-get install -y --no-install-recommends shellcheck; } >/dev/null 2>&1 ||
      { echo "lint: shellcheck is missing and could not be installed" >&2; exit 1; }
  else
    echo "lint: shellcheck is missing: install it (Debian: apt-get install shellcheck)" >&2
    exit 1
  fi
fi

mapfile -t scripts < <(
  git ls-files --cached --others --exclude-standard |
    while read -r file; do
      [[ -f $file ]] && { [[ $file == *.sh ]] || head -c 40 "$file" | grep -qa '^#!.*\bbash'; } && echo "$file"
    done
)
shellcheck -x "${scripts[@]}"
