#!/usr/bin/env bash
# Writes tests/Abi/Generated from equipoise.h: the C# declarations (by ClangSharp) and the hashes that a test holds them to.
# Development only. CLANGSHARP names the generator; else the one on PATH, or the .NET tool of .config/dotnet-tools.json, is used.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

header=bindings/c/include/equipoise.h
declarations=tests/Abi/Generated/Equipoise.Interop.g.cs
manifest=tests/Abi/Generated/manifest.json

generator() {
  if [[ -n "${CLANGSHARP:-}" ]]; then
    # shellcheck disable=SC2086 -- a command with its arguments, such as "dotnet some.dll"
    $CLANGSHARP "$@"
  elif command -v ClangSharpPInvokeGenerator >/dev/null; then
    ClangSharpPInvokeGenerator "$@"
  else
    dotnet tool restore >&2 ||
      { echo "generate.sh: ClangSharpPInvokeGenerator 16.0.0 is neither on PATH nor restorable; set CLANGSHARP" >&2; return 1; }
    DOTNET_ROLL_FORWARD=Major dotnet tool run ClangSharpPInvokeGenerator -- "$@"
  fi
}

# Comments and line breaks are no part of the interface: a better sentence in the header asks for no new declarations.
interface_of() { sed -zE 's#/\*([^*]|\*+[^*/])*\*+/# #g; s/[[:space:]]+/ /g' "$1"; }
sha256_of() { sha256sum | cut -d' ' -f1; }

# The compiler's own headers (stddef.h) belong to the machine, so their folder is no part of the committed response file.
include=()
clang=$(command -v clang-16 || command -v clang || true)
[[ -n "$clang" ]] && include=(--include-directory "$("$clang" -print-resource-dir)/include")

generator @bindings/c/clangsharp.rsp "${include[@]}"
cat >"$manifest" <<JSON
{
  "command": "ClangSharpPInvokeGenerator @bindings/c/clangsharp.rsp",
  "header": "$header",
  "interface_sha256": "$(interface_of $header | sha256_of)",
  "declarations": "$declarations",
  "declarations_sha256": "$(sha256_of <$declarations)"
}
JSON
echo "wrote $declarations and $manifest"
