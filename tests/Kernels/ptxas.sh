#!/usr/bin/env bash
# ptxas.sh LEVEL FILE: assembles a PTX text for a level such as sm_80. Exit status 77, which CTest counts as skipped, where there is no ptxas,
# or one that does not know the level.
command -v ptxas >/dev/null || { echo 'skipped: ptxas is not installed'; exit 77; }
ptxas --help | grep -q "'$1'" || { echo "skipped: this ptxas does not know $1"; exit 77; }
exec ptxas -arch="$1" "$2" -o /dev/null
