#!/bin/sh
# The file itself: exactly the header's functions, each with its symbol version; a SONAME; no path to search; no register wider than the
# level has.     symbols_test.sh HEADER LIBRARY LEVEL
set -u
header=$1 library=$2 level=$3
failed=0

expect() { # what, expected, found
  if [ "$2" = "$3" ]; then
    echo "ok: $1"
  else
    printf 'FAILED: %s\n  expected:\n%s\n  found:\n%s\n' "$1" "$2" "$3"
    failed=1
  fi
}

declared() { sed -e 's|/\*.*\*/||' "$header" | grep -oE '^[a-z][A-Za-z0-9_ *]*\beqp_[a-z0-9_]+\(' | grep -oE 'eqp_[a-z0-9_]+\(' | tr -d '(' | sort; }
exported() { nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort; }
wide() { objdump -d --no-show-raw-insn "$library" | grep -c "%$1"; }

expect 'the header declares functions' yes "$([ "$(declared | wc -l)" -ge 9 ] && echo yes)"
expect 'exports' "$(declared | sed 's/$/@@EQUIPOISE_1/')" "$(exported)"
expect 'SONAME' libequipoise.so.1 "$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')"
expect 'no RPATH' '' "$(readelf -d "$library" | grep -E 'RPATH|RUNPATH')"
expect 'no debugging symbols' '' "$(readelf -S "$library" | grep -E '\.debug_|\.symtab')"
expect 'needs glibc alone' '' "$(readelf -d "$library" | grep NEEDED | grep -vE '\[(libc|libm|ld-linux[a-z0-9-]*)\.so')"
case $level in
  x86-64-v2) expect 'no 256-bit registers' 0 "$(wide ymm)"; expect 'no 512-bit registers' 0 "$(wide zmm)" ;;
  x86-64-v3) expect '256-bit registers' yes "$([ "$(wide ymm)" -gt 100 ] && echo yes)"; expect 'no 512-bit registers' 0 "$(wide zmm)" ;;
  x86-64-v4) expect '512-bit registers' yes "$([ "$(wide zmm)" -gt 100 ] && echo yes)" ;;
esac
exit $failed
