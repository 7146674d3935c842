#!/usr/bin/env bash
# The published VAE (batch 16, RMSprop, KL weight 5e-4) on Fashion-MNIST: losses after each epoch.
#   published_vae.sh DEVICE SEED...       SAMPLER=original|corrected (default original)  EPOCHS (default 3)
set -euo pipefail
device=$1; shift
sampler=${SAMPLER:-original}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "{\"sampler\": \"$sampler\"}" > "$folder/config.json"
figment=$(dirname "$0")/../.build/release/figment
for seed in "$@"; do
  "$figment" train vae --data fashion-mnist --device "$device" --seed "$seed" --epochs "${EPOCHS:-3}" \
    --batch-size 16 --config "$folder/config.json" --output "$folder/$seed" > /dev/null
  echo "sampler $sampler, device $device, seed $seed"
  cut -d, -f1,2,4,7 "$folder/$seed/metrics.csv"
done
