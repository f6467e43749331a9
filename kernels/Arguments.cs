using Equipoise.Devices;
using ILGPU;

namespace Equipoise.Kernels;

/// <summary>A kernel's parameters, gathered.</summary>
internal struct Arguments
{
    internal ArrayView<byte> Theta;
    internal ArrayView<byte> Target;
    internal ArrayView<byte> Q;
    internal ArrayView<byte> LogQ;
    internal ArrayView<double> Alpha;
    internal ArrayView<double> LogZ;
    internal ArrayView<double> KlTheta;
    internal ArrayView<double> KlTarget;
    internal ArrayView<double> EssTheta;
    internal ArrayView<double> EssTarget;
    internal ArrayView<double> Residual;
    internal ArrayView<int> Iterations;
    internal ArrayView<int> RowStatus;
    internal ArrayView<byte> RowMask;
    internal ArrayView<double> RowTheta;
    internal ArrayView<double> RowTarget;
    internal ArrayView<double> RowFirst;
    internal ArrayView<double> RowSecond;
    internal ArrayView<RowState> States;
    internal ArrayView<double> Slots;
    internal DeviceJob Job;
}
