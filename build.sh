#!/usr/bin/env bash
# Everything Equipoise can be asked to do from a shell; `./build.sh` alone lists it. Safe to repeat: what stands is not made again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly BUILD=build
readonly PYTHON=${PYTHON:-/usr/bin/python3}
readonly CONFIGURATION=Release
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

source scripts/prerequisites.sh
source scripts/native.sh
source scripts/suites.sh

usage() {
  cat <<'TEXT'
./build.sh build                  the native library for every level of instruction set, also for Python in this checkout
./build.sh test                   every test in every language, at every level that this machine runs
./build.sh demo                   solves real logits, prints a table, writes build/demo/report.html
./build.sh reproduce              the experiments of the documents behind the library, as a table and build/reproduce/report.html
./build.sh install --prefix DIR   header, libraries, CMake package and pkg-config file
./build.sh wheel                  a Python wheel and its sources in build/wheels
./build.sh pack                   a NuGet package in build/packages
./build.sh bench                  the benchmarks, into bench/results
./build.sh generate               the generated sources again (development only)
PYTHON chooses the interpreter (/usr/bin/python3), EQUIPOISE_ISA one level: x86-64-v2, x86-64-v3 or x86-64-v4.
TEXT
}

say() { printf '\n== %s\n' "$*"; }

fail() {
  printf 'build.sh: %s\n' "$*" >&2
  exit 1
}

build() {
  need "${TO_BUILD[@]}"
  build_native
}

run_tests() {
  need "${TO_BUILD[@]}" "${TO_TEST[@]}"
  build_native
  run_suites
}

demo() {
  need "${TO_BUILD[@]}" "${TO_SHOW[@]}"
  build_native
  PYTHONPATH=bindings/python "$PYTHON" demo/demo.py "$@"
}

reproduce() {
  need "${TO_BUILD[@]}" "${TO_SHOW[@]}"
  build_native
  PYTHONPATH=bindings/python "$PYTHON" reproduce/reproduce.py "$@"
}

install_all() {
  local prefix=
  while (($#)); do
    case $1 in
      --prefix) prefix=${2:?--prefix wants a folder}; shift 2 ;;
      --prefix=*) prefix=${1#*=}; shift ;;
      *) fail "install: unknown option $1" ;;
    esac
  done
  [[ $prefix ]] || fail 'install: say where, with --prefix DIR'
  need "${TO_BUILD[@]}" "${TO_INSTALL[@]}"
  build_native
  cmake -S . -B "$BUILD/install" -DCMAKE_BUILD_TYPE=Release -DEQUIPOISE_BUILD_TESTS=OFF -DEQUIPOISE_BUILD_EXAMPLES=OFF
  cmake --install "$BUILD/install" --prefix "$prefix"
}

wheel() {
  need "${TO_BUILD[@]}" "${TO_PACK[@]}"
  build_native
  say "Python wheel and its sources into $BUILD/wheels"
  "$PYTHON" -m pip wheel --no-deps --no-build-isolation --no-index --wheel-dir "$BUILD/wheels" ./bindings/python
  PYTHONPATH=bindings/python "$PYTHON" -c 'import sys, build_backend; build_backend.build_sdist(sys.argv[1])' "$BUILD/wheels"
  ls -l "$BUILD"/wheels/*
}

pack() {
  need_dotnet
  say "NuGet package into $BUILD/packages"
  dotnet pack src/Managed -c "$CONFIGURATION" -o "$BUILD/packages" -v quiet
  ls -l "$BUILD"/packages/*.nupkg
}

bench() {
  need "${TO_BUILD[@]}" "${TO_TEST[@]}"
  build_native
  say 'BenchmarkDotNet'
  dotnet run -c "$CONFIGURATION" --project bench/Managed -- "$@"
  say 'side by side with PyTorch'
  PYTHONPATH=bindings/python "$PYTHON" bench/pytorch/run.py
}

generate() {
  need "${TO_BUILD[@]}"
  say 'C# declarations from the C header'
  bash bindings/c/generate.sh
  say 'kernel images from the kernels'
  dotnet run -c Release --project kernels/Compiler ${ILGPU:+-p:IlgpuPath="$ILGPU"} -- .
}

main() {
  local command=${1:-}
  shift || true
  case $command in
    build) build ;;
    test) run_tests ;;
    demo) demo "$@" ;;
    reproduce) reproduce "$@" ;;
    install) install_all "$@" ;;
    wheel) wheel ;;
    pack) pack ;;
    bench) bench "$@" ;;
    generate) generate ;;
    '' | help | -h | --help) usage ;;
    *) usage >&2; fail "unknown command $command" ;;
  esac
}

main "$@"
