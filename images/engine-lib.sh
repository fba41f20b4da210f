# The Docker engine: find, install, start, stop. Sourced by engine.sh and cluster/down.sh.
# shellcheck shell=bash

ENGINE=$CACHE/engine
PIDFILE=$ENGINE/dockerd.pid
NEEDED_GB=20

# clients: the docker clients of this machine, the most likely one first.
clients() {
  local client
  for client in "$(type -aP docker 2>/dev/null)" /usr/bin/docker /usr/local/bin/docker; do
    printf '%s\n' "$client"
  done | grep -v -e "^$CACHE/" -e '^$' | awk '!seen[$0]++'
}

engine_answers() {
  local client
  for client in $(clients); do
    timeout 20 "$client" version >/dev/null 2>&1 && return 0
  done
  return 1
}

# builds CLIENT: it talks to the engine and does BuildKit (from 23 on only with the buildx plugin).
builds() {
  local version
  version=$(timeout 20 "$1" version --format '{{.Client.Version}}' 2>/dev/null) || return 1
  ((${version%%.*} < 23)) || "$1" buildx version >/dev/null 2>&1
}

docker_cli() {
  local client
  for client in $(clients); do
    if builds "$client"; then
      printf '%s\n' "$client"
      return 0
    fi
  done
  return 1
}

link_client() {
  local client
  client=$(docker_cli) || die "no docker client here can build images (BuildKit). On Debian and Ubuntu:
  apt-get install docker.io   or, beside Docker's own packages:   apt-get install docker-buildx-plugin"
  ln -sfn "$client" "$CACHE/tools/bin/docker"
}

enough_disk() {
  local free
  mkdir -p /var/lib/docker 2>/dev/null || true
  free=$(df -BG --output=avail /var/lib 2>/dev/null | tail -n 1 | tr -dc 0-9)
  ((${free:-$NEEDED_GB} >= NEEDED_GB)) ||
    die "only ${free} GB are free on the disk of /var/lib; a cluster needs $NEEDED_GB GB. Make room, then try again."
}

# may_install: INSTALL=1 or 0 decides; else a person is asked, and root without a terminal goes on.
may_install() {
  case ${INSTALL:-} in 1) return 0 ;; 0) return 1 ;; esac
  if [[ -t 0 && -t 2 ]]; then
    local answer
    read -r -p "No Docker engine is running here. Install Debian's docker.io now? [y/N] " answer
    [[ $answer == [yY]* ]]
  else
    ((EUID == 0))
  fi
}

install_engine() {
  command -v apt-get >/dev/null ||
    die "no Docker engine is running and this is not Debian or Ubuntu: install and start Docker, then try again."
  may_install || die "no Docker engine is running. Start one, or let this script install it: INSTALL=1 make up"
  ((EUID == 0)) || die "installing Docker needs root: sudo apt-get install docker.io, start it, then try again."
  export DEBIAN_FRONTEND=noninteractive
  step "update the package lists" "about 10 s" apt-get update -qq
  step "install docker.io" "about 30 s" apt-get install -y -qq --no-install-recommends docker.io iptables
}

# alive PID NAME: it runs, is no zombie (containers may have nobody to bury them), and has that name.
alive() {
  [[ $(awk '/^Name:|^State:/ {print $2}' "/proc/$1/status" 2>/dev/null | xargs) =~ ^$2.*\ [^Z]$ ]]
}

# drop_stale_pid FILE NAME: a pid file whose process is gone, or is somebody else's by now.
drop_stale_pid() {
  [[ ! -f $1 ]] || alive "$(<"$1")" "$2" || rm -f "$1"
}

lacks_capabilities() {
  local have last
  have=$(awk '/^CapBnd/ {print $2}' /proc/self/status)
  last=$(cat /proc/sys/kernel/cap_last_cap)
  ((16#$have != (1 << (last + 1)) - 1))
}

start_engine() {
  ((EUID == 0)) || die "Docker is installed but not running, and starting it needs root: sudo systemctl start docker"
  mkdir -p "$ENGINE"
  if [[ -d /run/systemd/system ]] && ! lacks_capabilities; then
    step "start docker" "about 5 s" systemctl start docker
    echo systemd >"$ENGINE/started-by-us"
  else
    start_dockerd
  fi
  wait_for_engine
}

# close_others: give up all descriptors above 2, for a daemon that must hold nobody's lock or pipe: neither ours nor the caller's.
close_others() {
  local fd
  for fd in "/proc/$BASHPID/fd"/*; do
    fd=${fd##*/}
    ((fd <= 2)) || eval "exec $fd>&-"
  done
}

# start_dockerd: by hand, where there is no systemd to do it.
start_dockerd() {
  local options=()
  drop_stale_pid "$PIDFILE" dockerd
  drop_stale_pid /var/run/docker.pid dockerd
  drop_stale_pid /var/run/docker/containerd/containerd.pid containerd
  if lacks_capabilities; then
    "$IMAGES/runc-caps/build.sh"
    options=(--add-runtime "runc-caps=$CACHE/bin/runc-caps" --default-runtime runc-caps)
  fi
  say "==> starting dockerd (about 5 s), log: $LOGS/dockerd.log"
  (
    close_others
    exec setsid dockerd --pidfile "$PIDFILE" "${options[@]}"
  ) >"$LOGS/dockerd.log" 2>&1 </dev/null &
  engine_pid=$!
  echo dockerd >"$ENGINE/started-by-us"
}

wait_for_engine() {
  local tries
  for ((tries = 0; tries < 120; tries++)); do
    engine_answers && return 0
    [[ -z ${engine_pid:-} ]] || alive "$engine_pid" "" || break
    sleep 0.5
  done
  tail -n 15 "$LOGS/dockerd.log" >&2 || true
  die "the Docker engine does not come up. Its log: $LOGS/dockerd.log (or journalctl -u docker)"
}

# stop_engine: stop the engine if, and only if, we started it.
stop_engine() {
  local pid
  case $(cat "$ENGINE/started-by-us" 2>/dev/null) in
  systemd) systemctl stop docker.socket docker ;;
  dockerd)
    drop_stale_pid "$PIDFILE" dockerd
    if [[ -f $PIDFILE ]]; then
      pid=$(<"$PIDFILE")
      kill "$pid"
      while alive "$pid" dockerd; do sleep 0.2; done
    fi
    ;;
  esac
  rm -f "$ENGINE/started-by-us"
}
