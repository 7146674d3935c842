#!/usr/bin/env bash
# The README's two commands on a fresh, minimal Debian 12: Swift's packages by the README's line, then what an ordinary user
# is told who may install nothing, then the commands as root, and the first of them as that user.
#
#   run.sh [COMMAND …]             by default: "make demo" "make test"
#
#   BARE_SWIFT=FOLDER              Swift, mounted read-only; by default that of the path
#   BARE_MIRROR=URL                Debian's packages; by default those of /etc/apt
#   BARE_MOUNT="FOLDER …"          more to mount read-only, each at its place
#   BARE_COPY="FILE …"             more to copy, each to its place (a proxy's settings, git's, pip's)
#   BARE_WITHOUT="sys proc"        what is not mounted: containers exist without either
#   BARE_FRESH=yes                 the user builds anew, not on what root has built
#   BARE_KEEP=yes                  leaves the system's folder, for a look at it
#   BARE_LOG=FILE                  by default .build/bare.log
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
cannot() { echo "$0: not tried: $1"; exit 0; }

[ "$(id -u)" = 0 ] || cannot "only root may make a system to change into"
for tool in debootstrap unshare chroot; do command -v $tool > /dev/null || cannot "there is no $tool"; done
unshare --mount true 2> /dev/null || cannot "no mounts of one's own are allowed here"
swift=${BARE_SWIFT:-$(dirname "$(dirname "$(dirname "$(realpath "$(command -v swift || echo /none/usr/bin/swift)")")")")}
[ -x "$swift/usr/bin/swift" ] || cannot "there is no Swift; BARE_SWIFT names its folder"
mirror=${BARE_MIRROR:-$(grep -rhoE '\bhttps?://[^ ]*/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2> /dev/null | head -n 1 || true)}
mirror=${mirror:-http://deb.debian.org/debian}
line=$(sed -n 's/^sudo \(apt-get install .*\)/\1/p' "$here/README.md" | head -n 1)
[ -n "$line" ] || { echo "$0: the README has no line that begins with “sudo apt-get install”"; exit 1; }
[ $# -gt 0 ] || set -- "make demo" "make test"
log=${BARE_LOG:-$here/.build/bare.log}
system=$(mktemp -d -t figment-bare-XXXXXX)
# apt-get's own user looks into it.
chmod 755 "$system"
mkdir -p "$(dirname "$log")"
exec > >(tee "$log") 2>&1

finish() {
  status=$?
  # Mounts ended with the namespace that they were made in: what is left is the system's own.
  [ "${BARE_KEEP:-}" = yes ] && echo "The system is left in $system." || rm -rf --one-file-system "$system"
  [ $status = 0 ] && echo "== All of it worked." || echo "== It FAILED (status $status)."
  echo "== The log is $log."
}
trap finish EXIT
# Runs a step and says what it took.
step() {
  # In a condition, commands that fail do not end a function: each says what to do then.
  local name=$1 start=$SECONDS
  shift
  echo "== $name"
  "$@" || { echo "== $name: FAILED after $((SECONDS - start)) s"; exit 1; }
  echo "== $name: $((SECONDS - start)) s; the system has $(du -sxm "$system" | cut -f1) MiB now"
}
bootstrap() { debootstrap --variant=minbase bookworm "$system" "$mirror" > "$log.debootstrap"; }
# A command in the system, by root or another user, with a newcomer's environment.
inside() {
  local user=$1
  shift
  unshare --mount --pid --fork --kill-child bash -euc '
    system=$1 swift=$2 user=$3 command=$4
    place() { mkdir -p "$system$1"; mount --bind "$1" "$system$1"; mount -o remount,bind,ro "$system$1"; }
    case " ${BARE_WITHOUT:-} " in *" proc "*) ;; *) mount -t proc proc "$system/proc" ;; esac
    case " ${BARE_WITHOUT:-} " in *" sys "*) ;; *) mount --rbind /sys "$system/sys" ;; esac
    mount --rbind /dev "$system/dev"
    for folder in "$swift" ${BARE_MOUNT:-}; do place "$folder"; done
    home=$(awk -F: -v user="$user" "\$1 == user { print \$6 }" "$system/etc/passwd")
    exec chroot --userspec="$user" --groups="" "$system" /usr/bin/env -i HOME="$home" USER="$user" LANG=C.UTF-8 TERM=dumb \
      DEBIAN_FRONTEND=noninteractive PATH="$swift/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
      bash -c "cd /figment && $command"' bash "$system" "$swift" "$user" "$*"
}
copy_project() {
  mkdir "$system/figment" || return 1
  (cd "$here" && git ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2> /dev/null | tar -c -T -) \
    | tar -x -C "$system/figment" --no-same-owner || return 1
  cp /etc/resolv.conf "$system/etc/"
  # As in containers: dpkg does not wait for the disk after every file.
  echo force-unsafe-io > "$system/etc/dpkg/dpkg.cfg.d/unsafe-io"
  # Proxies, and certificates of this network.
  for file in ${BARE_COPY:-} $(grep -lsi proxy /etc/apt/apt.conf /etc/apt/apt.conf.d/*); do
    mkdir -p "$system$(dirname "$file")"
    cp -L "$file" "$system$file" || return 1
  done
}
# A user without root and sudo is told once what both commands need.
tells_all() {
  local said
  said=$(inside newcomer "make demo" 2>&1) && { echo "make demo went on without its packages"; return 1; }
  echo "$said"
  for package in ocl-icd-opencl-dev libdnnl-dev oclgrind; do grep -q "apt-get install.* $package" <<< "$said" || return 1; done
}

step "Debian 12, minimal, from $mirror" bootstrap
step "the project" copy_project
step "apt-get update" inside root "apt-get update -qq"
step "the README's line: $line" inside root "$line -qq > /dev/null"
step "an ordinary user" inside root "useradd --create-home newcomer && chown -R newcomer /figment"
step "make demo by a user who may install nothing" tells_all
inside root "chown -R root /figment"
for command in "$@"; do step "$command, by root" inside root "$command"; done
[ "${BARE_FRESH:-}" = yes ] && rm -rf "$system/figment/.build"
# SwiftPM's locks lie in /tmp, and are root's.
step "the user's folder" inside root "rm -rf runs /tmp/*.lock && chown -R newcomer /figment"
step "$1, by an ordinary user" inside newcomer "$1"
echo "== In all $SECONDS s; $(du -sxm "$system" | cut -f1) MiB, of which $(du -sxm "$system/figment" | cut -f1) MiB are the project's"
