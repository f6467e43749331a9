# The native library: one file per level of instruction set in build/native/LEVEL, the tree that the loader of C programs chooses from in
# build/native/lib, and the copies beside the Python package.

readonly NATIVE=$BUILD/native
readonly BESIDE_PYTHON=bindings/python/equipoise/_lib
readonly LIBRARY=libequipoise.so.1

# All levels that are built, lowest first.
levels() {
  case $(uname -m) in
    x86_64) echo x86-64-v2 x86-64-v3 x86-64-v4 ;;
    aarch64) echo arm64 ;; # 128-bit lanes; nobody has tried it yet
    *) fail "no ahead-of-time compiler for $(uname -m)" ;;
  esac
}

# The levels that this processor runs.
levels_here() {
  local level
  for level in $(levels); do
    case $level in
      x86-64-v3) has_flags avx2 bmi1 bmi2 f16c fma abm movbe || continue ;;
      x86-64-v4) has_flags avx512f avx512bw avx512cd avx512dq avx512vl || continue ;;
    esac
    echo "$level"
  done
}

has_flags() {
  local flag flags
  flags=" $(grep -m1 '^flags' /proc/cpuinfo) "
  for flag in "$@"; do
    [[ $flags == *" $flag "* ]] || return 1
  done
}

# net10.0 where its ahead-of-time compiler can be had, else net9.0. Asking takes a while, so the answer is kept for this SDK.
native_framework() {
  local answer=$NATIVE/framework-$(dotnet --version)
  if [[ ! -s $answer ]]; then
    mkdir -p "$NATIVE"
    if dotnet restore src/Native -p:NativeFramework=net10.0 >"$NATIVE/restore.log" 2>&1; then
      echo net10.0 >"$answer"
    else
      echo 'the ahead-of-time compiler of net10.0 cannot be restored: falling back to net9.0' >&2
      echo net9.0 >"$answer"
    fi
  fi
  cat "$answer"
}

# What the library is made of, as one hash.
native_fingerprint() {
  {
    echo "$1"
    gcc --version
    find src/Managed src/Native kernels/generated Directory.Build.props scripts/native.sh \( -name obj -o -name bin \) -prune -o -type f -print0 |
      sort -z | xargs -0 sha256sum
  } | sha256sum
}

build_native() {
  local framework fingerprint
  framework=$(native_framework)
  fingerprint=$(native_fingerprint "$framework")
  if [[ $(cat "$NATIVE/fingerprint" 2>/dev/null) == "$fingerprint" ]]; then
    say "native library: up to date ($framework)"
  else
    say "native library for $(levels), $framework"
    dotnet build src/Native -t:BuildLevels -c "$CONFIGURATION" -p:NativeFramework="$framework" -v minimal
    lay_out_for_c
    echo "$fingerprint" >"$NATIVE/fingerprint"
  fi
  lay_out_for_python
}

# glibc looks into glibc-hwcaps for the highest level that the processor runs; the lowest level lies outside, for everyone.
lay_out_for_c() {
  local level folder
  for level in $(levels); do
    folder=$NATIVE/lib
    [[ $level == "$(levels | cut -d' ' -f1)" ]] || folder=$NATIVE/lib/glibc-hwcaps/$level
    put "$NATIVE/$level/$LIBRARY" "$folder"
  done
  ln -sfn "$LIBRARY" "$NATIVE/lib/libequipoise.so"
}

lay_out_for_python() {
  local level
  for level in $(levels); do
    put "$NATIVE/$level/$LIBRARY" "$BESIDE_PYTHON/$level"
  done
}

# A changed file replaces the old one, which a process may have loaded, rather than being written over it.
put() {
  mkdir -p "$2"
  cmp -s "$1" "$2/$LIBRARY" || install -m 644 "$1" "$2/$LIBRARY.new"
  [[ ! -e $2/$LIBRARY.new ]] || mv "$2/$LIBRARY.new" "$2/$LIBRARY"
}
