#!/usr/bin/env bash
# Build what runs on a node and in the control plane, from Go modules, into $CACHE/bin/.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

build() { "$IMAGES/go-build.sh" "$@"; }

containerd() {
  local module=github.com/containerd/containerd/v2
  LDFLAGS="-X $module/version.Version=$CONTAINERD_VERSION" build containerd "$module" "$CONTAINERD_VERSION" \
    "about 2 min" $module/cmd/containerd $module/cmd/ctr $module/cmd/containerd-shim-runc-v2
}

cni_plugins() {
  local module=github.com/containernetworking/plugins
  build cni-plugins $module "$CNI_PLUGINS_VERSION" "about 10 s" $module/plugins/main/ptp \
    $module/plugins/main/loopback $module/plugins/ipam/host-local $module/plugins/meta/portmap
}

"$IMAGES/kubernetes.sh" kubernetes "about 6 min" \
  kubeadm kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy
containerd
cni_plugins
build etcd go.etcd.io/etcd/server/v3 "$ETCD_VERSION" "about 40 s" go.etcd.io/etcd/server/v3
build coredns github.com/coredns/coredns "$COREDNS_VERSION" "about 2 min" github.com/coredns/coredns
build local-path github.com/rancher/local-path-provisioner "$LOCAL_PATH_VERSION" "about 1 min" \
  github.com/rancher/local-path-provisioner
