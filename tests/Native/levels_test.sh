#!/usr/bin/env bash
# EQUIPOISE_ISA chooses the level of a linked program, wherever the loader found its library; what cannot be had is passed over.
# usage: levels_test.sh PROJECT PROGRAM, where PROGRAM prints "running LEVEL"
set -euo pipefail
cd "$1"
program=$2
BUILD=build
. scripts/native.sh

failures=0
expect() { # folder, EQUIPOISE_ISA, the level that must run
  local answer
  answer=$(EQUIPOISE_ISA=$2 LD_LIBRARY_PATH=$NATIVE/$1 "$program" | sed -n 's/^running //p') || true
  if [[ $answer != "$3" ]]; then
    echo "from $1 with EQUIPOISE_ISA='$2': $answer runs, not $3" >&2
    failures=$((failures + 1))
  fi
}

for folder in lib $(levels_here); do
  own=$folder
  [[ $folder != lib ]] || own=$(levels_here | tail -1)
  for level in $(levels_here); do
    expect "$folder" "$level" "$level"
  done
  expect "$folder" "" "$own"
  expect "$folder" no-such-level "$own"
done
exit $((failures > 0))
