#!/usr/bin/env bash
# Build the Traefik ingress controller from its Go module into $CACHE/bin/.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

module=github.com/traefik/traefik/v3
STUB="github.com/go-acme/lego/v4:providers/dns/zz_gen_dns_providers.go:$IMAGES/ingress/dns_providers.go" \
LDFLAGS="-X $module/pkg/version.Version=${TRAEFIK_VERSION#v}" \
  "$IMAGES/go-build.sh" traefik "$module" "$TRAEFIK_VERSION" "about 5 min" "$module/cmd/traefik"
