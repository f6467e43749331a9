#!/usr/bin/env bash
# On a machine with an NVIDIA GPU: checks the CUDA path on the device itself, then times it beside PyTorch and a plain copy; writes
# bench/results/gpu-NAME-DATE.json. Exit status 77 where there is no GPU or no PyTorch built for it.
#
#   bench/gpu/run.sh [--quick]        PYTHON chooses an interpreter with PyTorch 2 for CUDA
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly PYTHON=${PYTHON:-python3}

skip() {
  echo "skipped: $*"
  exit 77
}

command -v nvidia-smi >/dev/null && nvidia-smi -L | grep -q . || skip 'nvidia-smi finds no GPU here'
"$PYTHON" -c 'import sys, torch; sys.exit(not (torch.cuda.is_available() and int(torch.__version__.split(".")[0]) >= 2))' 2>/dev/null ||
  skip "$PYTHON has no PyTorch 2 that sees the GPU"
[[ -e bindings/python/equipoise/_lib ]] || PYTHON=$PYTHON ./build.sh build

for level in sm_70 sm_80 sm_90 sm_100; do
  command -v ptxas >/dev/null || break
  for text in kernels/generated/*.ptx; do
    ptxas -arch="$level" "$text" -o /dev/null && echo "ptxas takes $text for $level"
  done
done
export PYTHONPATH=bindings/python
"$PYTHON" bench/gpu/check.py
"$PYTHON" bench/gpu/run.py "$@"
