using System.Collections.Generic;
using System.Reflection;
using System.Text;
using Equipoise.Devices;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Equipoise.Kernels.Compiler;

/// <summary>The entries of <see cref="Kernel"/> as one PTX module and one OpenCL program. No device is needed.</summary>
internal sealed class EmittedKernels
{
    internal static readonly string[] Methods = [nameof(Kernel.SolveRows), nameof(Kernel.SweepPieces), nameof(Kernel.StepRows)];

    internal required string Ptx { get; init; }

    internal required string OpenCl { get; init; }

    /// <summary>Static shared memory of each entry, in bytes.</summary>
    internal required IReadOnlyDictionary<string, int> SharedBytes { get; init; }

    /// <summary>Every entry takes the same.</summary>
    internal required IReadOnlyList<Parameter> Parameters { get; init; }

    internal int StateBytes => Interop.SizeOf<RowState>();

    internal static EmittedKernels Emit()
    {
        // O2 moves loads of shared memory across barriers.
        using Context context = Context.Create(builder => builder.Optimize(OptimizationLevel.O1).Inlining(InliningMode.Aggressive));
        using PTXBackend ptx = new(context, new CudaCapabilityContext(CudaArchitecture.SM_70), CudaArchitecture.SM_70, CudaInstructionSet.ISA_63, null);
        using CLBackend openCl = new(context, new CLCapabilityContext(false, true, false, false, false), CLDeviceVendor.Other, new CLCVersion(1, 2));
        StringBuilder module = new(PtxRewriter.Header), program = new(OpenClRewriter.Header);
        Dictionary<string, int> sharedBytes = [];
        foreach (string name in Methods)
        {
            MethodInfo method = typeof(Kernel).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;
            EntryPointDescription entry = EntryPointDescription.FromExplicitlyGroupedKernel(method);
            string assembly = ((PTXCompiledKernel)ptx.Compile(entry, default)).PTXAssembly;
            module.Append(PtxRewriter.Rewrite(assembly, out int shared));
            sharedBytes[name] = shared;
            program.Append(OpenClRewriter.Rewrite(((CLCompiledKernel)openCl.Compile(entry, default, default(UnorderedComparisons))).Source, name));
        }

        return new EmittedKernels
        {
            Ptx = module.ToString(),
            OpenCl = program.ToString(),
            SharedBytes = sharedBytes,
            Parameters = Parameter.Of(typeof(Kernel).GetMethod(Methods[0], BindingFlags.Static | BindingFlags.NonPublic)!),
        };
    }
}

/// <summary>One kernel parameter and where it lies in the PTX parameter block.</summary>
internal sealed record Parameter(string Name, bool IsView, int Offset, int Size)
{
    private const int ViewBytes = 16;

    internal static IReadOnlyList<Parameter> Of(MethodInfo method)
    {
        List<Parameter> parameters = [];
        int offset = 0;
        foreach (ParameterInfo parameter in method.GetParameters())
        {
            bool isView = parameter.ParameterType != typeof(DeviceJob);
            int size = isView ? ViewBytes : Interop.SizeOf<DeviceJob>();
            parameters.Add(new Parameter(parameter.Name!, isView, offset, size));
            offset += size;
        }

        return parameters;
    }
}
