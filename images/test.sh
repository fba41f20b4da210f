#!/usr/bin/env bash
# `make test` after the lint: a cluster with the release of this checkout, then every test in one run.
# One worker goes through the tests of the cluster, which mostly wait; the other through all others.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

"$IMAGES/up.sh"
cd "$REPO"
exec .venv/bin/python -m pytest -v -n 2 --durations 30 -m "not long" \
  services sync-cronjob images charts docs k8s-tests
