#!/usr/bin/env bash
# Builds a user's package against this one in release mode, with the programs of the README and of the documentation's pages
# as they stand there, and trains its model on the devices named (cpu and opencl if none).
set -euo pipefail
cd "$(dirname "$0")"

# The blocks of Swift in a page, from the one that imports Figment on, as a program.
program() {
  mkdir -p "Sources/$2"
  awk '/^```swift/ { block = ""; inside = 1; next }
    /^```/ { if (inside && block ~ /import Figment/) begun = 1; if (inside && begun) printf "%s\n", block; inside = 0 }
    inside { block = block $0 "\n" }' "$1" > "Sources/$2/main.swift"
  grep -q 'import Figment' "Sources/$2/main.swift" || { echo "$1 has no example that imports Figment"; exit 1; }
}
program ../../README.md Example
for page in FromDataToPicture AModelOfYourOwn OnAGraphicsCard; do
  program ../../Sources/Figment/Figment.docc/$page.md $page
done
swift build -c release --scratch-path ../../.build/dependent
[ $# -gt 0 ] || set -- cpu opencl
for device in "$@"; do ../../.build/dependent/release/Ring "$device"; done
../../.build/dependent/release/OnAGraphicsCard
