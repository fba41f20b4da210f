#!/usr/bin/env bash
# Push everything that the chart runs to a registry: push.sh REGISTRY[/FOLDER]   (docker login first).
# Then: helm install ... --set global.imageRegistry=REGISTRY[/FOLDER]
set -euo pipefail
# shellcheck source=images/lib.sh
. "$(dirname "$0")/lib.sh"

registry=${1:?usage: push.sh REGISTRY}
lock
"$IMAGES/engine.sh"

push() {
  docker tag "$1" "$registry/$1"
  step "push $registry/$1" "about 10 s" docker push "$registry/$1"
  docker rmi "$registry/$1" >/dev/null
}

for name in $("$IMAGES/components.sh"); do
  tag=$("$IMAGES/service.sh" "$name")
  push "${tag%-*}"
done
push "$("$IMAGES/mongodb/build.sh")"
say "pushed. Install with: --set global.imageRegistry=$registry"
