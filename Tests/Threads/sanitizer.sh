#!/bin/sh
# Runs the tests of what threads share under the thread sanitizer, on a build of its own (.build-tsan): the CPU backend,
# batches that are loaded ahead, and sequences of OpenCL launches. Fails if it reports anything.
set -eu
cd "$(dirname "$0")/../.."
command -v swift > /dev/null || { echo "$0: not tried: there is no swift"; exit 0; }

build=.build-tsan
swift build -c release --build-tests --sanitize thread --scratch-path $build -Xswiftc -enable-testing
# Some processors' address space is laid out too randomly for the sanitizer.
TSAN_OPTIONS="suppressions=$PWD/Tests/Threads/sanitizer.suppressions exitcode=66 ${TSAN_OPTIONS:-}" \
  setarch "$(uname -m)" --addr-no-randomize $build/release/figmentPackageTests.xctest --testing-library swift-testing \
  --filter 'CPUBackendTests|BatchSequenceTests|LaunchSequenceTests'
