#!/usr/bin/env bash
# Create the kind cluster: create.sh PORT NODES NETWORK.
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=images/cluster/cluster-lib.sh
. "$IMAGES/cluster/cluster-lib.sh"

port=$1 count=$2 network=$3
config=$CACHE/kind-config$SUFFIX.yaml

sed "s/@PORT@/$port/" "$IMAGES/cluster/kind-config.yaml" >"$config"
for ((worker = 1; worker < count; worker++)); do echo "  - role: worker" >>"$config"; done

# Retained on failure, for its logs; the next run sees that it was not made and starts anew.
kind create cluster --name "$CLUSTER" --retain --config "$config" --image "reddit-reco/kind-node:$KUBERNETES_VERSION" \
  --kubeconfig "$KUBECONFIG"
# All nodes take pods: with three, each member of the database has one for itself. (kind does so where there is one.)
((count == 1)) || kubectl taint nodes "$CONTROL_PLANE" node-role.kubernetes.io/control-plane:NoSchedule-
docker exec "$CONTROL_PLANE" sh -c "echo $network >$MADE.new && mv $MADE.new $MADE"
