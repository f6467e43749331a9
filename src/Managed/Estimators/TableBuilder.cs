namespace Equipoise.Estimators;

/// <summary>Fills a table that <see cref="RewardTableChecks"/> has admitted: by formula, or by program.</summary>
internal static unsafe class TableBuilder
{
    internal static void Fill(in RewardTableOptions options, int k, double* h)
    {
        switch (options.Kind)
        {
            case RewardKind.Minimax:
                Minimax.Fill(k, h);
                break;
            case RewardKind.Aqp:
                Aqp.Fill(k, options.Rho * Certificate.HarmonicBias(k), h);
                break;
            default:
                ClosedForms.Fill(options, k, h);
                break;
        }
    }
}
