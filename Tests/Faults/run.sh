#!/usr/bin/env bash
# Trains small runs whose writes, renames, … fail at every number of call, and looks at what they leave: see faults.py.
#   run.sh [--few] [--figment PATH]        --few: a few numbers of each, in a minute
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${CC:-clang}" -O1 -Wall -Wextra -Werror -shared -fPIC -o "$folder/faults.so" "$here/faults.c"
python3 "$here/faults.py" "$folder/faults.so" "$@"
