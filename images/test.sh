#!/usr/bin/env bash
# `make test` after the lint: a cluster with the release of this checkout, then every test in one run.
# One worker goes through the tests of the cluster, two (WORKERS less one) through all others: both wait more
# than they compute.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

"$IMAGES/up.sh"
cd "$REPO"
exec .venv/bin/python -m pytest -v -n "${WORKERS:-3}" --durations 30 -m "not long" \
  services sync-cronjob images charts docs k8s-tests
