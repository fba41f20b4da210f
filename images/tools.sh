#!/usr/bin/env bash
# Build the tools that commands here use, from their Go modules: tools.sh TOOL...
# (kind, kubectl, helm, kubeconform, crane, registry). Each goes to $CACHE/tools/TOOL-VERSION/, with a
# stable link in $CACHE/tools/bin/. A user's own kubectl may be anything: ours is always used.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

# tool NAME VERSION MODULE PACKAGE ESTIMATE
tool() {
  [[ -x $CACHE/tools/$1-$2/$1 ]] || "$IMAGES/go-build.sh" "$1" "$3" "$2" "$5" "$4"
  link "$1" "$2"
}

# link NAME VERSION: the program is moved from where it was built, so that the cache keeps it once.
link() {
  local built=$CACHE/bin/$1-$2
  if [[ -d $built ]]; then
    rm -rf "$CACHE/tools/$1-$2"
    mv "$built" "$CACHE/tools/$1-$2"
  fi
  ln -sfn "../$1-$2/$1" "$CACHE/tools/bin/$1"
}

kubectl() {
  [[ -x $CACHE/tools/kubectl-$KUBERNETES_VERSION/kubectl ]] || "$IMAGES/kubernetes.sh" kubectl "about 1 min" kubectl
  link kubectl "$KUBERNETES_VERSION"
}

for name in "$@"; do
  case $name in
  kind) tool kind "$KIND_VERSION" sigs.k8s.io/kind sigs.k8s.io/kind "about 20 s" ;;
  helm) tool helm "$HELM_VERSION" helm.sh/helm/v3 helm.sh/helm/v3/cmd/helm "about 90 s" ;;
  kubectl) kubectl ;;
  kubeconform)
    tool kubeconform "$KUBECONFORM_VERSION" github.com/yannh/kubeconform \
      github.com/yannh/kubeconform/cmd/kubeconform "about 15 s"
    ;;
  crane)
    tool crane "$CRANE_VERSION" github.com/google/go-containerregistry \
      github.com/google/go-containerregistry/cmd/crane "about 20 s"
    ;;
  registry)
    tool registry "$REGISTRY_VERSION" github.com/distribution/distribution/v3 \
      github.com/distribution/distribution/v3/cmd/registry "about 1 min"
    ;;
  *) die "no such tool: $name" ;;
  esac
done
