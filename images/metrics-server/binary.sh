#!/usr/bin/env bash
# Build metrics-server (kubectl top, HorizontalPodAutoscalers) from its Go module into $CACHE/bin/.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

module=sigs.k8s.io/metrics-server
LDFLAGS="-X $module/pkg/version.gitVersion=$METRICS_SERVER_VERSION" "$IMAGES/go-build.sh" \
  metrics-server "$module" "$METRICS_SERVER_VERSION" "about 3 min" "$module/cmd/metrics-server"
