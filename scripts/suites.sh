# Every runner at every level, and one sum of them all. Each runner leaves a JUnit file and a log in build/test.

readonly REPORTS=$PWD/$BUILD/test
readonly SUITE_SECONDS=1200

passed=0 failed=0 skipped=0

run_suites() {
  local wanted level first=yes
  wanted=${EQUIPOISE_ISA:-$(levels_here | tac)} # the one that users of this machine get comes first
  rm -rf "$REPORTS"
  mkdir -p "$REPORTS"
  compile_tests
  for level in $wanted; do
    say "tests at $level"
    run_managed "$level"
    [[ ! $first ]] || run_on_device "$level"
    run_native "$level" "$first"
    run_python "$level" "$first"
    first=
  done
  ((skipped == 0)) || printf '\n%d skipped\n' "$skipped"
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}

compile_tests() {
  local project
  say 'compiling the tests'
  for project in $(managed_projects); do
    dotnet build "$project" -c "$CONFIGURATION" -v quiet || suite_failed "$project does not compile"
  done
  { cmake --preset default && cmake --build --preset default --parallel; } >"$REPORTS/cmake.log" 2>&1 ||
    suite_failed "the C and C++ tests do not compile: $(tail -n 20 "$REPORTS/cmake.log")"
}

managed_projects() { find tests -maxdepth 2 -name '*Tests.csproj' | sort; }

# The just-in-time compiler has no levels; switching off instruction sets gives it the same widths.
narrowed() {
  case $1 in
    x86-64-v3) echo DOTNET_EnableAVX512=0 DOTNET_EnableAVX512F=0 ;; # .NET 10 knows the first name, 9 the second
    x86-64-v2) echo DOTNET_EnableAVX=0 ;;
  esac
}

run_managed() {
  local project name
  for project in $(managed_projects); do
    name=$(basename "$project" .csproj)
    suite "$name-$1" env $(narrowed "$1") $(at_level "$1") \
      dotnet "$(dirname "$project")/bin/$CONFIGURATION/net10.0/$name.dll" -noColor -noLogo -jUnit "$REPORTS/$name-$1.xml"
  done
}

# The solver's tests again, answered by the OpenCL device that the prerequisites install. Its kernels are compiled at the first solve.
run_on_device() {
  local name=Equipoise.Tests areas=(Golden Criteria Methods Statuses Properties Invariance)
  suite "$name-opencl" env EQUIPOISE_TEST_DEVICE=opencl $(at_level "$1") \
    dotnet "tests/Managed/bin/$CONFIGURATION/net10.0/$name.dll" -noColor -noLogo $(printf -- "-namespace $name.%s " "${areas[@]}") -jUnit "$REPORTS/$name-opencl.xml"
  suite pytest-opencl env EQUIPOISE_TEST_DEVICE=opencl $(at_level "$1") PYTHONPATH=bindings/python \
    "$PYTHON" -m pytest -q -p no:cacheprovider -k 'not depend_on_chunks' --junitxml="$REPORTS/pytest-opencl.xml" \
    tests/Python/test_{golden,criteria,golden_criteria,kinds,statuses,layouts,dtypes,out,solve}.py
}

# Tests of files and texts rather than of arithmetic run once.
run_native() {
  local once=()
  [[ $2 ]] || once=(-E '^(surface|format|header\.|linking\.|native\.symbols|native\.levels|kernels\.(ptx|standin|misuse))')
  suite "CTest-$1" env $(at_level "$1") \
    ctest --test-dir "$BUILD/cmake" --output-on-failure --no-tests=error "${once[@]}" --output-junit "$REPORTS/CTest-$1.xml"
}

run_python() {
  local once=()
  [[ $2 ]] || once=(-m 'not once')
  suite "pytest-$1" env $(at_level "$1") PYTHONPATH=bindings/python \
    "$PYTHON" -m pytest -q -p no:cacheprovider "${once[@]}" --junitxml="$REPORTS/pytest-$1.xml" tests/Python
}

at_level() { echo "EQUIPOISE_ISA=$1" "LD_LIBRARY_PATH=$PWD/$NATIVE/$1${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; }

# suite NAME COMMAND...: runs a runner and adds what it counted. One that ends badly without a failed test, or ran no test, is a failure.
suite() {
  local name=$1 code=0 begun=$SECONDS counts
  shift
  timeout "$SUITE_SECONDS" "$@" >"$REPORTS/$name.log" 2>&1 </dev/null || code=$?
  counts=$("$PYTHON" scripts/tally.py "$REPORTS/$name.xml") || counts='0 0 0'
  add_suite "$name" "$code" $counts $((SECONDS - begun))
}

add_suite() { # name, exit code, passed, failed, skipped, seconds
  passed=$((passed + $3)) failed=$((failed + $4)) skipped=$((skipped + $5))
  printf '%-34s %5d passed %3d failed %3d skipped %4d s\n' "$1" "$3" "$4" "$5" "$6"
  if (($4 > 0)); then
    "$PYTHON" scripts/tally.py --failures "$REPORTS/$1.xml"
    echo "  more in $REPORTS/$1.log"
  elif (($2 != 0 || $3 == 0)); then
    suite_failed "$1 ran $3 tests and ended with exit code $2; the end of $REPORTS/$1.log:"
    tail -n 60 "$REPORTS/$1.log" | cut -c1-200 | sed 's/^/  | /'
  fi
}

suite_failed() {
  failed=$((failed + 1))
  printf 'FAILED: %s\n' "$*"
}
