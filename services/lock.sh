#!/usr/bin/env bash
# Writes every hashed requirement file anew from its .in file.
set -euo pipefail
cd "$(dirname "$0")/.."
find services sync-cronjob images -name 'requirements*.in' -not -path '*/node_modules/*' | sort | while read -r source; do
  echo "$source"
  .venv/bin/uv pip compile -q --upgrade --generate-hashes --no-annotate --no-header \
    --python-version 3.11 --python-platform x86_64-unknown-linux-gnu "$source" -o "${source%.in}.txt"
done
