#!/usr/bin/env bash
# Builds a user's package against this one in release mode, with the README's example as it stands, and trains its model on
# the devices named (cpu and opencl if none).
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p Sources/Example
awk '/^```swift/ { block = ""; inside = 1; next } /^```/ { if (inside && block ~ /import Figment/) { printf "%s", block; exit } inside = 0 }
  inside { block = block $0 "\n" }' ../../README.md > Sources/Example/main.swift
grep -q 'import Figment' Sources/Example/main.swift || { echo "README.md has no example that imports Figment"; exit 1; }
swift build -c release --scratch-path ../../.build/dependent
[ $# -gt 0 ] || set -- cpu opencl
for device in "$@"; do ../../.build/dependent/release/Ring "$device"; done
