#!/bin/bash
# All there is to know of a graphics card, in some ten minutes: whether every kernel is right on it, how fast it is beside
# what it could be and beside PyTorch, and whether models learn on it.
#
# Usage: Benchmarks/card.sh [FOLDER] [STAGE …]
#
# FOLDER, by default Benchmarks/results/card, gets a file for each stage and `summary.txt`; without names all stages run:
#   devices   what there is
#   memory    operations that memory bounds, beside the card's own copy
#   gemm      matrix products, beside the card's own arithmetic
#   convolution
#   steps     training steps of all models
#   kernels   where the time of each goes
#   launches  the host's time for them
#   torch     the same steps in PyTorch, if python3 has it: float32, with TF32, and channels last
#   tune      finds the fastest way of each product, then `steps` once more
#   tests     every kernel, operation, layer and model's step against the reference
#   train     a VAE and a GAN from start to end
#
# It takes what `make build` and `swift build --build-tests` left; on a machine without Swift, what `make bundle-tests` put
# into .bundle, brought there with this repository. DEVICE (opencl), SECONDS_EACH (0.3), STEPS and
# DATA (fashion-mnist) may be set.
set -u
cd "$(dirname "$0")/.."
OUT=${1:-Benchmarks/results/card}
shift
mkdir -p "$OUT"
DEVICE=${DEVICE:-opencl} SECONDS_EACH=${SECONDS_EACH:-0.3} DATA=${DATA:-fashion-mnist}
STEPS=${STEPS:-autoencoder:32 vae:16 vae:128 gan:32 dcgan:32 age-cgan:32 gan3d:2 srgan:1 srgan-infer:1 srgan-adversarial:1}

if [ -x .bundle/tests/figment ]; then
  BUILT=$PWD/.bundle/tests
  libraries=$BUILT/lib
  export FIGMENT_FIXTURES=$PWD/Tests/Fixtures
else
  BUILT=$PWD/.build/release libraries=""
fi
# What is brought along is for our own programs only.
ours() { LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$@"; }
figment() { ours "$BUILT/figment" "$@"; }
[ -x "$BUILT/figment" ] || { echo "There is no $BUILT/figment: run 'make build' first." >&2; exit 1; }

# NVIDIA's driver comes without its entry for OpenCL's loader where only CUDA was installed.
if ! grep -qsi nvidia /etc/OpenCL/vendors/*.icd && [ -z "${OCL_ICD_VENDORS:-}" ]; then
  library=$(find /usr/lib /usr/lib64 /usr/local /lib64 /opt -name 'libnvidia-opencl.so*' 2> /dev/null | sort | tail -1)
  if [ -n "$library" ]; then
    vendors=$(mktemp -d)
    trap 'rm -rf "$vendors"' EXIT
    echo "$library" > "$vendors/nvidia.icd"
    export OCL_ICD_VENDORS=$vendors
  fi
fi

failed=""
# stage NAME SECONDS COMMAND…: into a file, and no longer than that.
stage() {
  local name=$1 limit=$2 began=$SECONDS status=0
  shift 2
  echo "$name …"
  ( "$@" ) > "$OUT/$name.txt" 2> "$OUT/$name.log" &
  local child=$!
  ( sleep "$limit"; pkill -TERM -P "$child"; kill "$child" ) 2> /dev/null &
  local guard=$!
  wait "$child" || status=$?
  { pkill -P "$guard"; kill "$guard"; wait "$guard"; } 2> /dev/null
  [ "$status" = 0 ] || { failed="$failed $name"; tail -3 "$OUT/$name.log"; }
  [ -s "$OUT/$name.log" ] || rm -f "$OUT/$name.log"
  echo "$name: status $status after $((SECONDS - began)) s" | tee -a "$OUT/summary.txt"
}

devices() {
  date -u +%Y-%m-%d
  git log -1 --format=%h 2> /dev/null
  figment devices
  command -v nvidia-smi > /dev/null && nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,clocks.max.mem --format=csv
  return 0
}

measure() { figment benchmark "$@" --device "$DEVICE" --format json; }

# of_steps SUITE: of each of STEPS, with its batch.
of_steps() {
  local step
  for step in $STEPS; do
    measure "$1" "${step%:*}" --batch-size "${step#*:}" --seconds "$SECONDS_EACH" || return
  done
}

torch() {
  python3 -c 'import torch; print(torch.__version__, torch.cuda.is_available() and torch.cuda.get_device_name())' || return
  local way
  for way in "" --channels-last "--tf32 --channels-last"; do
    echo "# $way"
    python3 Benchmarks/peers/torch_step.py $STEPS --seconds "$SECONDS_EACH" $way || return
  done
  echo "# products"
  python3 Benchmarks/peers/products.py torch
}

tune() {
  figment benchmark gemm --tune --device "$DEVICE" --format json --seconds "$SECONDS_EACH" &&
    figment benchmark convolution --tune --device "$DEVICE" --format json --seconds "$SECONDS_EACH" && of_steps steps
}

# In processes beside each other: compilers of drivers take one thread each. A card's driver may refuse kernels for processors.
tests() {
  local filter jobs="" job status=0
  for filter in EveryKernelTests ParityTests ProductTests 'TensorsTests|LaunchSequenceTests' LayersTests ModelsTests \
    'SelfTestTests|LargeExtentTests|CardTests|CardRankingTests'; do
    # What names a line of the source needs the symbols of a program that was built here.
    FIGMENT_KERNELS=gpu FIGMENT_TEST_DEVICES=opencl ours "$BUILT/figmentPackageTests.xctest" \
      --testing-library swift-testing --filter "$filter" --skip theLineThatLedThere \
      > "$OUT/tests-${filter%%|*}.txt" 2>&1 &
    jobs="$jobs $!"
  done
  for job in $jobs; do wait "$job" || status=1; done
  tail -n 3 "$OUT"/tests-*.txt
  return $status
}

train() {
  local runs model status=0
  runs=$(mktemp -d)
  for model in vae gan; do
    figment train "$model" --data "$DATA" --device "$DEVICE" --seed 7 --epochs 3 --output "$runs/$model" &&
      figment generate "$runs/$model" --device "$DEVICE" --output "$OUT/$model.png" || status=1
  done
  rm -rf "$runs"
  return $status
}

for name in ${*:-devices memory gemm convolution steps kernels launches torch tune tests train}; do
  case $name in
    devices) stage devices 60 devices ;;
    memory | gemm | convolution) stage "$name" 200 measure "$name" --seconds "$SECONDS_EACH" ;;
    steps | kernels) stage "$name" 200 of_steps "$name" ;;
    launches) stage launches 100 figment benchmark launches --format json --seconds "$SECONDS_EACH" ;;
    torch) stage torch 300 torch ;;
    tune) stage tune 600 tune ;;
    tests) stage tests 900 tests ;;
    train) stage train 600 train ;;
    *) echo "There is no stage $name." >&2; exit 64 ;;
  esac
done
[ -z "$failed" ] || { echo "Failed:$failed" | tee -a "$OUT/summary.txt"; exit 1; }
