namespace Equipoise.Devices;

/// <summary>A checked batch in host memory.</summary>
internal struct HostJob
{
    internal Matrix Theta;
    internal Matrix Target;
    internal Matrix Q;
    internal Matrix LogQ;
    internal SolveOptions Options;
    internal Solution Solution;

    /// <summary>Real columns.</summary>
    internal long Columns;
}
