using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;

namespace Equipoise.Kernels.Compiler;

/// <summary>
/// One hash over everything that the images are made of: the kernels, the sources they share with the CPU (as kernels/Equipoise.Kernels.csproj
/// lists them) and this compiler. Comments, blank lines and indentation are no part of it. The test that holds the manifest to the tree computes
/// the same.
/// </summary>
internal static class SourceHash
{
    internal static string Of(string root)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in Files(root))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(path + "\n"));
            foreach (string line in File.ReadLines(Path.Combine(root, path)))
            {
                string code = line.Trim();
                if (code.Length > 0 && !code.StartsWith("//", StringComparison.Ordinal))
                {
                    hash.AppendData(Encoding.UTF8.GetBytes(code + "\n"));
                }
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Paths from the repository's root, in ordinal order.</summary>
    private static SortedSet<string> Files(string root)
    {
        SortedSet<string> files = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(root, "kernels"), "*.cs*", SearchOption.AllDirectories))
        {
            string path = Path.GetRelativePath(root, file).Replace('\\', '/');
            if (!path.Contains("/bin/") && !path.Contains("/obj/") && !path.Contains("/generated/"))
            {
                files.Add(path);
            }
        }

        foreach (string line in File.ReadLines(Path.Combine(root, "kernels", "Equipoise.Kernels.csproj")))
        {
            int begin = line.IndexOf("\"../src/", StringComparison.Ordinal);
            if (begin >= 0)
            {
                files.Add(line[(begin + 4)..line.IndexOf('"', begin + 1)]);
            }
        }

        return files;
    }
}
