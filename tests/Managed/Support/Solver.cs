using System;
using System.Globalization;
using Equipoise.Devices;
using Xunit;

namespace Equipoise.Tests.Support;

/// <summary>
/// Who answers the tests' problems: the CPU, or the OpenCL device that EQUIPOISE_TEST_DEVICE names ("opencl" or "opencl:1"), so that one
/// suite holds both to the same contract.
/// </summary>
internal static class Solver
{
    private static readonly Lazy<EquilibriumDevice?> Chosen = new(Open);

    /// <summary>Null: the CPU.</summary>
    public static EquilibriumDevice? Device => Chosen.Value;

    public static void Solve(in Matrix theta, in Matrix target, in SolveOptions options, in Solution solution, EquilibriumDevice? device)
    {
        if (device != null)
        {
            device.SolveHost(theta, target, options, solution);
        }
        else
        {
            Equilibrium.Solve(theta, target, options, solution);
        }
    }

    private static EquilibriumDevice? Open()
    {
        string? name = Environment.GetEnvironmentVariable("EQUIPOISE_TEST_DEVICE");
        if (string.IsNullOrEmpty(name))
        {
            return null;
        }

        string[] parts = name.Split(':');
        int index = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        return parts[0] == "opencl" ? EquilibriumDevice.Open(Backend.OpenCl, index) : throw new ArgumentException($"EQUIPOISE_TEST_DEVICE is {name}");
    }
}
