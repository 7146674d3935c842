#!/bin/sh
# Fetches the compilers of NVIDIA, AMD and Intel into a folder: get.sh FOLDER. Nothing is installed and nothing needs root:
# packages of PyPI (nv/) and of Debian 12 (root19/ and intel/root/) are unpacked, 220 MB fetched and 830 MB kept.
set -eu
folder=${1:?the folder to put the compilers into}
mkdir -p "$folder"
cd "$folder"

# NVIDIA: from C++ to PTX (NVRTC), from PTX to machine code (ptxas), and its listing.
NVIDIA="nvidia-cuda-nvcc==13.5.* nvidia-cuda-nvdisasm==13.5.* nvidia-cuda-nvrtc==13.5.*"
# Clang, which makes NVIDIA's PTX and AMD's machine code of OpenCL C, with what both need of built-in functions.
CLANG="clang-19 libclang-common-19-dev libclang-cpp19 libllvm19 libclc-19 rocm-device-libs libz3-4 libedit2 libbsd0 libmd0"
# Intel's compiler as a library.
INTEL="intel-opencl-icd libigc1 libigdfcl1 libigdgmm12 libopencl-clang14 libclang-cpp14 libllvm14 libllvmspirvlib14"

unpack() {
  root=$1
  shift
  test -e "$root.complete" && return
  debs=$(mktemp -d ./debs-XXXXXX)
  (cd "$debs" && apt-get download "$@")
  mkdir -p "$root"
  for deb in "$debs"/*.deb; do dpkg -x "$deb" "$root"; done
  rm -rf "$debs"
  touch "$root.complete"
}

test -e nv.complete || {
  # shellcheck disable=SC2086
  python3 -m pip install --quiet --disable-pip-version-check --no-deps --target nv $NVIDIA
  touch nv.complete
}
# shellcheck disable=SC2086
unpack root19 $CLANG
# shellcheck disable=SC2086
unpack intel/root $INTEL
echo "The compilers are in $(pwd). Now: CARDS=$(pwd) python3 Benchmarks/cards/cards.py"
