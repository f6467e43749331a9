# What a command needs on the machine. An entry is PROBE=DEBIAN-PACKAGE; the probe is a program, py:MODULE for a module of $PYTHON,
# so:NAME for a shared library, or icd:NAME for an OpenCL driver.
# On Debian, root gets what is missing by apt; anyone else is told its names.

readonly TO_BUILD=(gcc=gcc libc:stdlib.h=libc6-dev objcopy=binutils py:sys=python3)
readonly TO_INSTALL=(cmake=cmake g++=g++ make=make)
readonly TO_SHOW=(py:numpy=python3-numpy py:matplotlib=python3-matplotlib)
readonly TO_PACK=(py:pip=python3-pip py:setuptools=python3-setuptools py:wheel=python3-wheel)
readonly TO_TEST=(
  g++=g++ cmake=cmake ctest=cmake ninja=ninja-build pkg-config=pkg-config clang-16=clang-16
  py:numpy=python3-numpy py:torch=python3-torch py:pytest=python3-pytest py:hypothesis=python3-hypothesis py:mpmath=python3-mpmath
  icd:pocl=pocl-opencl-icd so:libOpenCL.so.1=ocl-icd-libopencl1 py:matplotlib=python3-matplotlib py:mypy=python3-mypy "${TO_PACK[@]}"
)

present() {
  case $1 in
    py:*) "$PYTHON" -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('${1#py:}') is None)" 2>/dev/null ;;
    icd:*) [[ -e /etc/OpenCL/vendors/${1#icd:}.icd ]] ;;
    so:*) ldconfig -p | grep -qF "${1#so:} " ;;
    libc:*) [[ -e /usr/include/${1#libc:} ]] ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# The packages behind the entries that are missing, each once.
missing() {
  local entry
  for entry in "$@"; do
    present "${entry%%=*}" || echo "${entry##*=}"
  done | sort -u
}

need() {
  need_dotnet
  local packages
  packages=$(missing "$@")
  [[ $packages ]] || return 0
  if command -v apt-get >/dev/null && ((EUID == 0)); then
    say "installing" $packages
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
    packages=$(missing "$@")
  fi
  [[ ! $packages ]] || fail "please install (Debian's names):" $packages "(Python modules for $PYTHON)"
}

need_dotnet() {
  command -v dotnet >/dev/null || fail 'please install the .NET SDK 10 (https://dotnet.microsoft.com/download) and put dotnet on the PATH'
  local version
  version=$(dotnet --version)
  ((${version%%.*} >= 10)) || fail "the .NET SDK here is $version; please install 10 or later (https://dotnet.microsoft.com/download)"
}
