using System.Runtime.InteropServices;

namespace Equipoise.Devices;

/// <summary>An array in device memory as a kernel parameter: 16 bytes, in PTX {pointer, length}.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceView
{
    /// <summary>CUDA: a device pointer; OpenCL: a cl_mem. 0 where an output is not wanted, and then never used.</summary>
    internal nint Memory;

    /// <summary>Elements.</summary>
    internal long Length;
}

/// <summary>
/// The parameters that all entries take, in their order. Its bytes are the packed parameter block of a CUDA launch; for OpenCL, which takes
/// every memory object and every view as an argument of its own, the launcher takes it apart.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelArguments
{
    /// <summary>The views before <see cref="Job"/>.</summary>
    internal const int ViewCount = 19;

    internal DeviceView Theta;
    internal DeviceView Target;
    internal DeviceView Q;
    internal DeviceView LogQ;
    internal DeviceView Alpha;
    internal DeviceView LogZ;
    internal DeviceView KlTheta;
    internal DeviceView KlTarget;
    internal DeviceView EssTheta;
    internal DeviceView EssTarget;
    internal DeviceView Residual;
    internal DeviceView Iterations;
    internal DeviceView RowStatus;
    internal DeviceView RowMask;
    internal DeviceView RowTheta;
    internal DeviceView RowTarget;
    internal DeviceView RowFirst;
    internal DeviceView RowSecond;
    internal DeviceView Workspace;
    internal DeviceJob Job;
}
