#!/bin/sh
# Trains under a control group's quota of one processor: with the threads that Figment takes, and with one for each
# processor. Fails unless it takes one thread and is as fast with it.
set -eu
figment=${FIGMENT:-$(dirname "$0")/../../.build/release/figment}
cannot() { echo "$0: not tried: $1"; exit 0; }

[ "$(id -u)" = 0 ] || cannot "only root may make a control group"
[ "$(nproc)" -ge 2 ] || cannot "there is one processor only"
separate=$(grep ' - cgroup ' /proc/self/mountinfo | grep -E '[ ,]cpu(,|$)' | cut -d' ' -f5 | head -n 1)
unified=$(grep ' - cgroup2 ' /proc/self/mountinfo | cut -d' ' -f5 | head -n 1)
group=${separate:-$unified}/figment-$$
[ "$group" != "/figment-$$" ] && mkdir "$group" 2> /dev/null || cannot "no control group can be made"
trap 'rmdir "$group"' EXIT
if [ -n "$separate" ]; then quota=cpu.cfs_quota_us text=100000; else quota=cpu.max text="100000 100000"; fi
echo "$text" 2> /dev/null > "$group/$quota" || cannot "$group takes no quota"

bounded() { sh -c 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$@"; }
step() {
  bounded env "$@" "$figment" benchmark steps vae --device cpu --seconds 3 --format json \
    | sed 's/.*"median_ms":\([0-9]*\).*/\1/'
}

devices=$(bounded "$figment" devices)
echo "$devices" | grep -q ', 1 thread ' || { echo "$0: Figment takes other than one thread:"; echo "$devices"; exit 1; }
chosen="" all=""
for turn in 1 2 3; do
  chosen="$chosen $(step TURN=$turn)"
  all="$all $(step OMP_NUM_THREADS="$(nproc)")"
done
median() { printf '%s\n' "$@" | sort -n | sed -n 2p; }
# Unquoted: three numbers each.
chosen=$(median $chosen) all=$(median $all)
echo "$0: a step takes $chosen ms with one thread, $all ms with $(nproc)"
[ "$chosen" -le $((all * 21 / 20)) ]
