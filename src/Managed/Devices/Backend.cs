namespace Equipoise;

/// <summary>Which driver serves a device; the values of <c>eqp_backend</c>.</summary>
public enum Backend
{
    /// <summary>OpenCL 1.2 or later, by the ICD loader libOpenCL.so.1.</summary>
    OpenCl = 0,

    /// <summary>CUDA, by the driver libcuda.so.1.</summary>
    Cuda = 1,
}
