#!/bin/sh
# Trains an autoencoder of 4×4 images beside one program that is always busy: as Figment decides, and with OpenMP's
# threads kept from spinning. Fails unless the first is at least half as fast as the second.
set -eu
figment=$(realpath "${FIGMENT:-$(dirname "$0")/../../.build/release/figment}")
cannot() { echo "$0: not tried: $1"; exit 0; }
[ "$(nproc)" -ge 2 ] || cannot "there is one processor only"

folder=$(mktemp -d)
(while :; do :; done) &
busy=$!
trap 'kill $busy; rm -rf "$folder"' EXIT
cd "$folder"
for part in train t10k; do
  { printf '\0\0\010\003\0\0\002\200\0\0\0\004\0\0\0\004'; head -c 10240 /dev/urandom; } > $part-images-idx3-ubyte
  { printf '\0\0\010\001\0\0\002\200'; head -c 640 /dev/zero; } > $part-labels-idx1-ubyte
done
echo '{"imageShape": [4, 4, 1]}' > small.json

# Images a second of the last of five epochs, whose batches are of one image.
rate() {
  env "$@" "$figment" train autoencoder --data . --config small.json --batch-size 1 --epochs 5 --seed 1 --device cpu \
    --output run --overwrite 2>&1 | sed -n 's|^epoch 5/5 .* \([0-9]*\) images/s.*|\1|p'
}
median() { printf '%s\n' "$@" | sort -n | sed -n 2p; }
decided="" passive=""
for turn in 1 2 3; do
  decided="$decided $(rate TURN=$turn)"
  passive="$passive $(rate OMP_WAIT_POLICY=passive)"
done
# Unquoted: three numbers each.
decided=$(median $decided) passive=$(median $passive)
echo "$0: $decided images/s as Figment decides, $passive with OMP_WAIT_POLICY=passive"
[ "$decided" -ge $((passive / 2)) ]
