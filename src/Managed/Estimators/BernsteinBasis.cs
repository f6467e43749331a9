using Equipoise.Vectors;

namespace Equipoise.Estimators;

/// <summary>C(n, j) p^j (1 − p)^(n − j) for all j, to 106 bits.</summary>
internal sealed class BernsteinBasis
{
    private readonly DoubleDouble[] binomials;
    private readonly DoubleDouble[] values;

    internal BernsteinBasis(int degree)
    {
        binomials = new DoubleDouble[degree + 1];
        values = new DoubleDouble[degree + 1];
        binomials[0] = 1;
        for (int j = 1; j <= degree; j++)
        {
            binomials[j] = binomials[j - 1] * (degree - j + 1) / j;
        }
    }

    internal DoubleDouble this[int j] => values[j];

    /// <summary>C(n, j).</summary>
    internal DoubleDouble Binomial(int j) => binomials[j];

    internal void Evaluate(double p)
    {
        int degree = binomials.Length - 1;
        DoubleDouble power = 1, rest = (DoubleDouble)1 - p;
        for (int j = 0; j <= degree; j++)
        {
            values[j] = binomials[j] * power;
            power *= p;
        }

        power = 1;
        for (int j = degree; j >= 0; j--)
        {
            values[j] *= power;
            power *= rest;
        }
    }
}
