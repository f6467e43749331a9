using System;
using System.Collections.Generic;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace Equipoise.Tests.Support;

/// <summary>What is special about a random pair of rows.</summary>
public enum Shape
{
    Plain,
    PeakedTheta,
    PeakedAlike,
    PeakedApart,
    MaskedTheta,
    MaskedTarget,
    MaskedBoth,
    Near,
}

/// <summary>A random pair of rows, small enough in words to be read in a failure and shrunk.</summary>
public sealed record RowPair(int Seed, int Columns, int SigmaTheta, int SigmaTarget, Shape Shape)
{
    /// <summary>The logits: multiples of powers of two that every element type holds, unless the shape is Near.</summary>
    public (double[] Theta, double[] Target) Rows()
    {
        ulong seed = 2 * (ulong)Seed;
        double[] a = RowMaker.Coarse(seed, Columns, SigmaTheta), b = RowMaker.Coarse(seed + 1, Columns, SigmaTarget);
        int first = Seed % Columns, second = (Seed / 7) % Columns;
        switch (Shape)
        {
            case Shape.PeakedTheta: a[first] = 20; break;
            case Shape.PeakedAlike: (a[first], b[first]) = (18, 20); break;
            case Shape.PeakedApart: (a[first], b[second]) = (16 + (32 * (Seed % 8)), 16 + (32 * (Seed / 8 % 8))); break;
            case Shape.MaskedTheta: Mask(a, first); break;
            case Shape.MaskedTarget: Mask(b, first); break;
            case Shape.MaskedBoth: Mask(a, first); Mask(b, second); break;
            case Shape.Near: b = Array.ConvertAll(a, v => v * (1 - Math.ScaleB(1, -7))); break;
        }

        return (a, b);
    }

    /// <summary>Checks <paramref name="holds"/>, which throws where it does not, on seeded random pairs and shrinks what fails.</summary>
    public static void ForAll(int tests, ulong seed, Action<RowPair> holds)
    {
        Replay replay = new(new Rnd(seed, 0x9E3779B97F4A7C15), FSharpOption<int>.None);
        Config config = Config.QuickThrowOnFailure.WithMaxTest(tests).WithReplay(FSharpOption<Replay>.Some(replay));
        Prop.ForAll(Arb.From(Any, Smaller), holds).Check(config.WithQuietOnSuccess(true));
    }

    private static Gen<RowPair> Any =>
        from seed in Gen.Choose(1, 1_000_000)
        from columns in Gen.Frequency((4, Gen.Choose(1, 40)), (4, Gen.Choose(41, 700)), (1, Gen.Choose(1990, 4200)))
        from theta in Gen.Choose(-2, 3)
        from target in Gen.Choose(-2, 3)
        from shape in Gen.Elements(Enum.GetValues<Shape>())
        select new RowPair(seed, columns, theta, target, shape);

    private static IEnumerable<RowPair> Smaller(RowPair pair)
    {
        if (pair.Shape != Shape.Plain)
        {
            yield return pair with { Shape = Shape.Plain };
        }

        foreach (int columns in new[] { 1, pair.Columns / 2, pair.Columns - 1 })
        {
            if (columns >= 1 && columns < pair.Columns)
            {
                yield return pair with { Columns = columns };
            }
        }
    }

    private static void Mask(double[] row, int first)
    {
        for (int i = first; i < row.Length; i += 3)
        {
            row[i] = row.Length > 1 ? double.NegativeInfinity : row[i];
        }
    }
}
