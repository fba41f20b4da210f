#!/usr/bin/env bash
# Put a node image together from its parts, with the control plane's images inside: assemble.sh TAG.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"

tag=$1
context=$CACHE/build/kind-node
kind_module=$(cd / && go mod download -json "sigs.k8s.io/kind@$KIND_VERSION" | sed -n 's/^\t"Dir": "\(.*\)",/\1/p')
storage_source=$kind_module/pkg/build/nodeimage/const_storage.go
kubeadm=$CACHE/bin/kubernetes-$KUBERNETES_VERSION/kubeadm

# constant NAME: a string constant in kind's source of the default storage.
constant() { sed -n "s/^const $1 = \"\(.*\)\"/\1/p" "$storage_source"; }

# storage_manifest: the manifest of the same source, with the image names filled in.
storage_manifest() {
  awk '/^const defaultStorageManifest/ { on = 1; next } on && /^`$/ { exit } on' "$storage_source" |
    sed -e "s|\` + storageProvisionerImage + \`|$(constant storageProvisionerImage)|" \
      -e "s|\` + storageHelperImage + \`|$(constant storageHelperImage)|"
}

fill_context() {
  local bin=$CACHE/bin
  rm -rf "$context"
  mkdir -p "$context/bin" "$context/cni"
  cp -r "$kind_module/images/base/files" "$context/kind"
  chmod -R u+w "$context/kind"
  ln "$bin/kubernetes-$KUBERNETES_VERSION"/* "$bin/containerd-$CONTAINERD_VERSION"/* "$context/bin/"
  ln "$CACHE/tools/kubectl-$KUBERNETES_VERSION/kubectl" "$bin/coredns-$COREDNS_VERSION/coredns" \
    "$bin/local-path-$LOCAL_PATH_VERSION/local-path-provisioner" "$context/bin/"
  ln "$bin/etcd-$ETCD_VERSION/server" "$context/bin/etcd"
  ln "$bin/cni-plugins-$CNI_PLUGINS_VERSION"/* "$context/cni/"
  cp "$IMAGES/kind-node/setup-node" "$IMAGES/base/copy-packages" "$context/"
  printf %s "$KUBERNETES_VERSION" >"$context/version"
  storage_manifest >"$context/storage.yaml"
}

# image_names: the images that run on a node, as kubeadm, containerd and kind's manifest call them.
image_names() {
  "$kubeadm" config images list --kubernetes-version "$KUBERNETES_VERSION" 2>/dev/null | grep -v /pause:
  sed -n 's/^ *sandbox_image = "\(.*\)"/\1/p' "$context/kind/etc/containerd/config.toml"
  constant storageProvisionerImage
  constant storageHelperImage
}

build() { docker build -q --network=host -f "$IMAGES/kind-node/Dockerfile" --target "$1" -t "$2" "$context"; }

build_images() {
  local name target
  for name in "${names[@]}"; do
    target=${name##*/}
    build "${target%:*}" "$name"
  done
}

# import_images CONTAINER: through a containerd in the container, as kind itself does it.
import_images() {
  docker exec -d "$1" containerd
  docker exec "$1" bash -c 'until ctr version >/dev/null 2>&1; do sleep 0.2; done'
  docker save "${names[@]}" | docker exec -i "$1" ctr --namespace=k8s.io images import \
    --label=io.cri-containerd.pinned=pinned --all-platforms --no-unpack --digests -
  docker exec "$1" ctr --namespace=k8s.io images list -q
  docker exec "$1" pkill -x containerd
}

fill_context
mapfile -t names < <(image_names)
build_images
build node "$tag-empty"
container=$(docker run -d --privileged --entrypoint sleep "$tag-empty" infinity)
trap 'docker rm -f "$container" >/dev/null' EXIT
import_images "$container"
docker commit --change 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]' "$container" "$tag"
docker rm -f "$container" >/dev/null
trap - EXIT
docker rmi "$tag-empty" "${names[@]}"
rm -rf "$context"
