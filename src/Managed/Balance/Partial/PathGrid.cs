using System;

namespace Equipoise.Balance;

/// <summary>
/// The nodes α at which parts of a row are summed, and the polynomial of degree 50 through log Z and two derivatives there. Tiles cannot be read a second
/// time for nothing, so they are summed at more nodes than a row that can: real and normal logits up to σ = 4 are then known to 1e-9 or better.
/// </summary>
internal static class PathGrid
{
    /// <summary>Nodes, as near to Chebyshev's extrema as multiples of 1/<see cref="Steps"/> come.</summary>
    internal const int Count = 17;

    /// <summary>The path in equal steps, a whole number of which lies between any two nodes: weights go from node to node by multiplication.</summary>
    internal const int Steps = 64;

    /// <summary>The node α = ½.</summary>
    internal const int Half = Count / 2;

    /// <summary>Coefficients of the polynomial in Chebyshev's basis of t = 2α − 1.</summary>
    internal const int Terms = 3 * Count;

    private static ReadOnlySpan<byte> Places => [0, 1, 3, 6, 10, 14, 20, 26, 32, 38, 44, 50, 54, 58, 61, 63, 64];

    /// <summary>[Terms, Terms]: takes value, slope and curvature in t at every node to the coefficients.</summary>
    private static readonly double[] FromConditions = Invert(Conditions());

    internal static double Alpha(int node) => (double)Places[node] / Steps;

    /// <summary>The polynomial's coefficients.</summary>
    internal static void Interpolate(ReadOnlySpan<MeasuredPoint> nodes, Span<double> coefficients)
    {
        coefficients.Clear();
        for (int node = 0; node < Count; node++)
        {
            // d/dt = ½ d/dα, and (log Z)' = −E[ℓ].
            AddColumn(3 * node, nodes[node].LogZ, coefficients);
            AddColumn((3 * node) + 1, -0.5 * nodes[node].Mean, coefficients);
            AddColumn((3 * node) + 2, 0.25 * nodes[node].Variance, coefficients);
        }
    }

    /// <summary>log Z, E_q[ℓ] and Var_q[ℓ] of the polynomial at α.</summary>
    internal static MeasuredPoint Evaluate(ReadOnlySpan<double> coefficients, double alpha)
    {
        double t = (2 * alpha) - 1;
        Chebyshev basis = Chebyshev.At(t);
        double value = 0, first = 0, second = 0;
        foreach (double coefficient in coefficients)
        {
            value += coefficient * basis.Value;
            first += coefficient * basis.First;
            second += coefficient * basis.Second;
            basis.Advance(t);
        }

        return new MeasuredPoint { Alpha = alpha, LogZ = value, Mean = -2 * first, Variance = 4 * second };
    }

    /// <summary>
    /// How wrong E_q[ℓ] of the polynomial can be at α: coefficients of an analytic function fall geometrically, so the last six stand for all that are
    /// missing, with their signs taken against us. What rounding makes of a coefficient that is 0, <paramref name="noise"/>, stands for nothing.
    /// </summary>
    internal static double Doubt(ReadOnlySpan<double> coefficients, double alpha, double noise)
    {
        double t = (2 * alpha) - 1, width = Math.Sqrt(Math.Max(0, 1 - (t * t))), sum = 0;
        for (int k = Terms - 6; k < Terms; k++)
        {
            sum += Math.Max(0, Math.Abs(coefficients[k]) - noise) * Math.Min(k / width, (double)k * k);
        }

        return 4 * sum;
    }

    private static void AddColumn(int condition, double value, Span<double> coefficients)
    {
        for (int k = 0; k < Terms; k++)
        {
            coefficients[k] += FromConditions[(k * Terms) + condition] * value;
        }
    }

    private static double[] Conditions()
    {
        double[] rows = new double[Terms * Terms];
        for (int node = 0; node < Count; node++)
        {
            double t = (2 * Alpha(node)) - 1;
            Chebyshev basis = Chebyshev.At(t);
            for (int k = 0; k < Terms; k++)
            {
                rows[(3 * node * Terms) + k] = basis.Value;
                rows[(((3 * node) + 1) * Terms) + k] = basis.First;
                rows[(((3 * node) + 2) * Terms) + k] = basis.Second;
                basis.Advance(t);
            }
        }

        return rows;
    }

    /// <summary>Gauss and Jordan with the largest pivot of each column.</summary>
    private static double[] Invert(double[] matrix)
    {
        double[] inverse = new double[Terms * Terms];
        for (int i = 0; i < Terms; i++)
        {
            inverse[(i * Terms) + i] = 1;
        }

        for (int column = 0; column < Terms; column++)
        {
            int pivot = column;
            for (int row = column + 1; row < Terms; row++)
            {
                pivot = Math.Abs(matrix[(row * Terms) + column]) > Math.Abs(matrix[(pivot * Terms) + column]) ? row : pivot;
            }

            Swap(matrix, pivot, column);
            Swap(inverse, pivot, column);
            double scale = 1 / matrix[(column * Terms) + column];
            Scale(matrix, column, scale);
            Scale(inverse, column, scale);
            for (int row = 0; row < Terms; row++)
            {
                double factor = row == column ? 0 : matrix[(row * Terms) + column];
                Subtract(matrix, row, column, factor);
                Subtract(inverse, row, column, factor);
            }
        }

        return inverse;
    }

    private static void Swap(double[] matrix, int first, int second)
    {
        for (int k = 0; k < Terms && first != second; k++)
        {
            (matrix[(first * Terms) + k], matrix[(second * Terms) + k]) = (matrix[(second * Terms) + k], matrix[(first * Terms) + k]);
        }
    }

    private static void Scale(double[] matrix, int row, double factor)
    {
        for (int k = 0; k < Terms; k++)
        {
            matrix[(row * Terms) + k] *= factor;
        }
    }

    private static void Subtract(double[] matrix, int row, int other, double factor)
    {
        for (int k = 0; k < Terms && factor != 0; k++)
        {
            matrix[(row * Terms) + k] -= factor * matrix[(other * Terms) + k];
        }
    }

    /// <summary>T_k(t) and its first two derivatives, k = 0, 1, 2, …</summary>
    private struct Chebyshev
    {
        internal double Value;
        internal double First;
        internal double Second;
        private double previousValue;
        private double previousFirst;
        private double previousSecond;

        internal static Chebyshev At(double t) => new() { Value = 1, previousValue = t, previousFirst = 1 };

        /// <summary>T_(k+1) = 2 t T_k − T_(k−1), from T_(−1) = T_1 on.</summary>
        internal void Advance(double t)
        {
            double value = (2 * t * Value) - previousValue;
            double first = (2 * Value) + (2 * t * First) - previousFirst;
            double second = (4 * First) + (2 * t * Second) - previousSecond;
            (previousValue, previousFirst, previousSecond) = (Value, First, Second);
            (Value, First, Second) = (value, first, second);
        }
    }
}
