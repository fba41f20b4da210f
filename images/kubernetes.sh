#!/usr/bin/env bash
# Build programs of Kubernetes from its Go module: kubernetes.sh NAME ESTIMATE PROGRAM...
# Kubernetes 1.X is published as k8s.io/kubernetes v1.X, its parts as k8s.io/PART v0.X; kubeadm refuses to
# work without a real version inside.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

name=$1 estimate=$2
shift 2
minor=${KUBERNETES_VERSION#v1.}
stamp=""
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  stamp+=" -X $package.gitVersion=$KUBERNETES_VERSION -X $package.gitMajor=1"
  stamp+=" -X $package.gitMinor=${minor%%.*} -X $package.gitTreeState=clean"
done
STAGING_VERSION=v0.$minor LDFLAGS=$stamp "$IMAGES/go-build.sh" "$name" k8s.io/kubernetes "$KUBERNETES_VERSION" \
  "$estimate" "${@/#/k8s.io/kubernetes/cmd/}"
