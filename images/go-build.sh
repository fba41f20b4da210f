#!/usr/bin/env bash
# Build Go programs of a published module into $CACHE/bin/NAME-VERSION/, once per version.
# usage: go-build.sh NAME MODULE VERSION ESTIMATE PACKAGE...
# LDFLAGS= are the linker's, TAGS= build tags, EDIT= arguments of `go mod edit` for what cannot be had as the
# module pins it. STUB=MODULE:FILE:OURS compiles our file in place of a module's.
#
# `go install` refuses modules with replace directives. So the build runs in a module of ours that takes
# over the requirements, replacements and checksums of the module's own go.mod. Replacements by local
# folders are dropped (the published versions are required beside them); what is required at v0.0.0 (the
# parts of Kubernetes) is replaced by STAGING_VERSION.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

name=$1 module=$2 version=$3 estimate=$4
shift 4
out=$CACHE/bin/$name-$version
work=$CACHE/build/$name-$version

# recipe: what the build depends on beside the version; a change builds anew.
recipe() {
  echo "$* ${LDFLAGS:-} ${STAGING_VERSION:-}"
  [[ -z ${EDIT:-}${TAGS:-} ]] || echo "${EDIT:-} ${TAGS:-}"
  [[ -z ${STUB:-} ]] || cat "${STUB##*:}"
}

recipe=$(recipe "$@" | sha256sum)
[[ $(cat "$out/.complete" 2>/dev/null) == "$recipe" ]] && exit 0

command -v go >/dev/null || die "building $name needs Go (https://go.dev/doc/install), any version from 1.26 on."

# derive_module GO_MOD: print a go.mod of ours from the module's own.
derive_module() {
  awk -v module="$module" -v version="$version" -v staging="${STAGING_VERSION:-}" '
    /^module / { print "module reddit-reco/images/build\n\nrequire " module " " version "\n"; next }
    /^tool \(/ { skip = 1 }
    skip { if (/^\)/) skip = 0; next }
    /^tool / || /=> *\.\.?\// { next }
    { print }
    / v0\.0\.0( |$)/ { parts[$1 == "require" ? $2 : $1] }
    END { if (staging) for (part in parts) print "replace " part " => " part " " staging }
  ' "$1"
}

prepare() {
  local info
  info=$(cd / && go mod download -json "$module@$version") || { say "$info"; return 1; }
  rm -rf "$work" && mkdir -p "$work" "$out"
  derive_module "$(sed -n 's/^\t"GoMod": "\(.*\)",/\1/p' <<<"$info")" >"$work/go.mod"
  cp "$(sed -n 's/^\t"Dir": "\(.*\)",/\1/p' <<<"$info")/go.sum" "$work/go.sum"
  chmod u+w "$work/go.sum"
  # shellcheck disable=SC2086
  [[ -z ${EDIT:-} ]] || go mod edit $EDIT "$work/go.mod"
}

# stub MODULE FILE OURS: build with a copy of the module in which a file of ours takes a file's place.
stub() {
  local dir
  dir=$(go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",/\1/p')
  cp -r "$dir" stubbed
  chmod -R u+w stubbed
  cp "$3" "stubbed/$2"
  go mod edit -replace "$1=./stubbed"
}

prepare
cd "$work"
if [[ -n ${STUB:-} ]]; then
  IFS=: read -r stub_module stub_file ours <<<"$STUB"
  stub "$stub_module" "$stub_file" "$ours"
fi
CGO_ENABLED=0 step "build $name $version" "$estimate" \
  go build -mod=mod -trimpath -tags "${TAGS:-}" -ldflags "-s -w ${LDFLAGS:-}" -o "$out/" "$@"
echo "$recipe" >"$out/.complete"
