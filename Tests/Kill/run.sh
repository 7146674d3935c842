#!/usr/bin/env bash
# Kills small runs at random moments and goes on with them: see kill.py.
#   run.sh [N] [--seed SEED] [--figment PATH]        N kills of each model, 40 by default
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH=$here/../Faults exec python3 "$here/kill.py" "$@"
