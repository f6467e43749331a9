#!/usr/bin/env bash
# Packs the managed library and runs the C# example, moved out of the checkout, against the package: restored from the folder alone, into a cache of its
# own, without any registry. The example then says what it allocates a step: nothing; and its tokens are those of the C++ example.
# usage: nuget.sh CPP-EXAMPLE
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$here/../.. other=$1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$1"; exit 1; }

dotnet pack "$top/src/Managed" -c Release -o "$work/packages" -v quiet
cp -r "$top/bindings/dotnet/examples/decode" "$work/decode"
rm -rf "$work/decode/bin" "$work/decode/obj"
cd "$work/decode"
sed -i "s|value=\"[^\"]*\"|value=\"$work/packages\"|" nuget.config
dotnet build -c Release -v quiet -p:RestorePackagesPath="$work/cache" -p:TreatWarningsAsErrors=true
cmp "$work"/cache/equipoise/*/lib/net10.0/Equipoise.dll bin/Release/net10.0/Equipoise.dll

tokens() { sed -n '2,41p' | awk '{print $2}'; }
run() { dotnet bin/Release/net10.0/Decode.dll "$@"; }
run 40 | tee first.txt
run 40 | cmp - first.txt || fail 'two runs differ'
run 40 8 | cmp -s - first.txt && fail 'the seed changes nothing'
grep -q '^0 bytes allocated after the first of 40 steps, by Equipoise 0\.' first.txt || fail 'a step allocates'
[[ $(tokens <first.txt | sort -u | wc -l) -gt 20 ]] || fail 'the same few tokens over and over'
[[ $(tokens <first.txt) == "$("$other" 40 | tokens)" ]] || fail 'C++ draws other tokens'
