#!/usr/bin/env bash
# Installs the build tree BUILD, moves the installed tree, and builds and runs a program outside of the checkout against it.
# usage: link.sh cmake|pkg-config|plain c|cpp BUILD
set -euo pipefail
way=$1 language=$2 build=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

skip() { echo "skipped: $1"; exit 77; }
[[ $way != pkg-config ]] || command -v pkg-config >/dev/null || skip "pkg-config is not installed"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# LD_LIBRARY_PATH would hide a wrong rpath.
unset LD_LIBRARY_PATH
cmake --install "$build" --prefix "$work/first" >install.log
mv first moved
prefix=$work/moved
lib=$(dirname "$(find "$prefix" -name libequipoise.so)")
cp "$here/consumer.$language" "$here/consumer.cmake" .

case $language in
  c) compile=("${CC:-cc}" -std=c11) ;;
  cpp) compile=("${CXX:-c++}" -std=c++17) ;;
esac
compile+=(-Wall -Wextra -Werror "consumer.$language" -o consumer)

case $way in
  cmake)
    mv consumer.cmake CMakeLists.txt
    cmake -S . -B out -DSOURCE="consumer.$language" -DCMAKE_PREFIX_PATH="$prefix" >configure.log
    cmake --build out >build.log
    cp out/consumer .
    ;;
  pkg-config)
    export PKG_CONFIG_PATH=$lib/pkgconfig
    [[ $(pkg-config --variable=prefix equipoise | xargs realpath) == "$prefix" ]]
    read -ra flags <<<"$(pkg-config --cflags --libs equipoise)"
    "${compile[@]}" "${flags[@]}" -lm -Wl,-rpath,"$lib"
    ;;
  plain)
    "${compile[@]}" -I"$prefix/include" -L"$lib" -lequipoise -lm -Wl,-rpath,"$lib"
    ;;
esac

loaded=$(ldd consumer | sed -n 's/.*libequipoise.so.1 => \(.*\) (.*/\1/p')
isa=$(./consumer)
echo "$isa, from ${loaded#"$work"/}"
[[ $(realpath "$loaded") == "$prefix"/* ]]

# The loader takes the best level that both the processor and the package have.
best=$(/lib64/ld-linux-x86-64.so.2 --help 2>/dev/null | sed -n 's/^ *\(x86-64-v[34]\) (supported, searched).*/\1/p' | head -1)
[[ -z $best || ! -d $lib/glibc-hwcaps/$best || $isa == "$best" ]] || { echo "expected $best"; exit 1; }
