using System;
using System.IO;
using Equipoise.Kernels.Compiler;

// Writes the kernel images, their manifest and the constants that the launchers share with them.
//     dotnet run --project kernels/Compiler -- REPOSITORY
if (args.Length != 1)
{
    Console.Error.WriteLine("usage: Equipoise.Kernels.Compiler REPOSITORY");
    return 2;
}

string root = Path.GetFullPath(args[0]), output = Path.Combine(root, "kernels", "generated");
try
{
    EmittedKernels kernels = EmittedKernels.Emit();
    Directory.CreateDirectory(output);
    File.WriteAllText(Path.Combine(output, "equipoise.ptx"), kernels.Ptx);
    File.WriteAllText(Path.Combine(output, "equipoise.cl"), kernels.OpenCl);
    File.WriteAllText(Path.Combine(output, "manifest.json"), Manifest.Write(kernels, SourceHash.Of(root)));
    File.WriteAllText(Path.Combine(output, "KernelLayout.g.cs"), Manifest.WriteConstants(kernels));
    Console.WriteLine($"{output}: {kernels.Ptx.Length} characters of PTX, {kernels.OpenCl.Length} of OpenCL C");
    return 0;
}
catch (RewriteException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
