#!/usr/bin/env bash
# Makes the documentation of what `import Figment` shows, from the modules of the last release build, into .build/docs.
# Fails at a warning, and at a public declaration without a comment.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=.build/release graphs=.build/symbol-graphs
rm -rf $graphs .build/docs && mkdir -p $graphs

# The plugin of the package manager documents each module by itself; the compiler can give all that Figment exports as one.
modules=$(sed -n 's/^@_exported import.* \([A-Z][A-Za-z]*\).*/\1/p' Sources/Figment/Figment.swift | sort -u | paste -sd ,)
maps=()
for map in Sources/*/module.modulemap Sources/*/include/module.modulemap $build/*.build/module.modulemap; do
  maps+=(-Xcc "-fmodule-map-file=$map")
done
swift-symbolgraph-extract -module-name Figment -target "$(uname -m)-unknown-linux-gnu" -I $build/Modules "${maps[@]}" \
  -experimental-allowed-reexported-modules="$modules" -minimum-access-level public -skip-synthesized-members \
  -output-dir $graphs

python3 - $graphs/Figment*.json <<'PYTHON'
import json, sys
symbols = [symbol for path in sys.argv[1:] for symbol in json.load(open(path))["symbols"]]
bare = [symbol for symbol in symbols if "docComment" not in symbol]
for symbol in bare:
    place = symbol.get("location", {})
    print("%s:%d: %s has no documentation" % (
        place.get("uri", "?").removeprefix("file://"), place.get("position", {}).get("line", -1) + 1,
        ".".join(symbol["pathComponents"])))
print(f"{len(symbols)} public declarations, {len(bare)} of them without documentation")
sys.exit(bool(bare))
PYTHON

docc convert Sources/Figment/Figment.docc --additional-symbol-graph-dir $graphs --output-path .build/docs \
  --fallback-display-name Figment --fallback-bundle-identifier org.figment.Figment --warnings-as-errors
echo "See it with \`python3 -m http.server --directory .build/docs\` at http://localhost:8000/documentation/figment"
