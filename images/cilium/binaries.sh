#!/usr/bin/env bash
# Build Cilium's agent and its CNI plugin from its Go module into $CACHE/bin/.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

module=github.com/cilium/cilium
# Its own go.mod pins what module proxies do not serve: forks of code generators, which no program here
# needs, and an unreleased state of gobgp, whose release does (BGP stays off).
EDIT="-droprequire=sigs.k8s.io/controller-tools -dropreplace=sigs.k8s.io/controller-tools
  -droprequire=sigs.k8s.io/mcs-api/conformance -droprequire=sigs.k8s.io/mcs-api/controllers
  -require=github.com/osrg/gobgp/v4@$GOBGP_VERSION" \
TAGS=osusergo LDFLAGS="-X $module/pkg/version.ciliumVersion=${CILIUM_VERSION#v}" \
  "$IMAGES/go-build.sh" cilium "$module" "$CILIUM_VERSION" "about 10 min" \
  "$module"/{daemon,cilium-dbg,cilium-health,plugins/cilium-cni,tools/mount,tools/sysctlfix}
