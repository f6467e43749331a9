#!/usr/bin/env bash
# The decoding example repeats itself, a seed is heeded, and ten times the steps take no allocation more.
# usage: decode_test.sh EXAMPLE COUNTER.so
set -euo pipefail
example=$1 counter=$2

count() { LD_PRELOAD=$counter "$example" "$1" 2>&1 >/dev/null | sed -n 's/^allocations: //p'; }

fail() { echo "$1"; exit 1; }

[[ $("$example" 30) == "$("$example" 30)" ]] || fail 'two runs differ'
[[ $("$example" 30) == "$("$example" 300 | head -n 31)" ]] || fail 'a longer run begins differently'
[[ $("$example" 30 7) != "$("$example" 30 8)" ]] || fail 'the seed changes nothing'
(($("$example" 300 | tail -n +2 | awk '{print $2}' | sort -u | wc -l) > 50)) || fail 'the same few tokens over and over'

few=$(count 30) many=$(count 300)
echo "allocations in 30 steps: $few, in 300: $many"
((few > 0)) || fail 'the counter does not count'
((many == few)) || fail 'a step allocates'
