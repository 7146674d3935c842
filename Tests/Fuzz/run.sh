#!/usr/bin/env bash
# Reads many inputs, mutated from a seed, with every reader of Figment: no signal, no hang, no more memory than 8 GiB.
#   run.sh [COUNT] [SEED]        default 200000 and the time; TARGET=NAME for one reader alone
# Each input that ended the program is kept in FOLDER (default .build/fuzz), and reading goes on behind it.
# Build first: swift build -c release --build-tests -Xswiftc -enable-testing
set -uo pipefail
cd "$(dirname "$0")/../.."
count=${1:-200000} seed=${2:-$(date +%s)}
folder=${FOLDER:-.build/fuzz}
mkdir -p "$folder"
# A disk that is memory, if there is one: what is tried is reading, not the disk.
test -w /dev/shm && export TMPDIR=/dev/shm
export FIGMENT_FUZZ_SEED=$seed FIGMENT_FUZZ_PLACE="$folder/place"
test -z "${TARGET:-}" || export FIGMENT_FUZZ_TARGET=$TARGET
ulimit -c 0
ulimit -v 8388608

failures=0 first=0
while [ "$first" -lt "$count" ]; do
  FIGMENT_FUZZ_FIRST=$first FIGMENT_FUZZ_COUNT=$((count - first)) .build/release/figmentPackageTests.xctest \
    --testing-library swift-testing --filter 'FuzzTests.*noInputEndsTheProgram' > "$folder/log" 2>&1
  status=$?
  grep '^fuzz: .* read,' "$folder/log"
  if grep -q '^fuzz: finished' "$folder/log"; then
    if [ $status -ne 0 ]; then tail -5 "$folder/log"; failures=$((failures + 1)); fi
    break
  fi
  place=$(head -1 "$folder/place" 2> /dev/null | sed 's/ *$//')
  index=$(sed -n 's/.*input \([0-9]*\),.*/\1/p' <<< "$place")
  if [ -z "$index" ] || [ "$index" -lt "$first" ]; then cat "$folder/log"; echo "the tests did not start (see above)"; exit 1; fi
  failures=$((failures + 1))
  cp "$folder/place.input" "$folder/failure-$seed-$index"
  echo "status $status at $place (kept as $folder/failure-$seed-$index)"
  grep -m 3 -E 'Fatal error|^fuzz: hang|error:' "$folder/log" | cut -c 1-300
  first=$((index + 1))
done
echo "$count inputs of seed $seed: $failures failures"
test "$failures" -eq 0
