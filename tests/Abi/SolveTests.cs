using System;
using System.Collections.Generic;
using System.Linq;
using Equipoise.Abi.Generated;
using Equipoise.Abi.Support;
using Xunit;
using static Equipoise.Abi.Generated.eqp_dtype;
using static Equipoise.Abi.Generated.eqp_row_status;

namespace Equipoise.Abi;

/// <summary>eqp_solve on rows small enough to be answered by the definitions.</summary>
public sealed unsafe class SolveTests
{
    private const int Rows = 2;
    private const int Columns = 5;
    private const double Infinity = double.PositiveInfinity;

    // Exact in every dtype.
    private static readonly double[] Theta = [2, 1, 0, -1, 0.5, 0.25, 0.5, 3, 0, -2];
    private static readonly double[] Target = [0, 2.5, 0.5, -2, 1, 0.5, 2, 1, 0, 0.25];

    public static IEnumerable<TheoryDataRow<uint, uint, uint>> DTypes =>
        from theta in Enum.GetValues<eqp_dtype>()
        from target in Enum.GetValues<eqp_dtype>()
        from q in Enum.GetValues<eqp_dtype>()
        select new TheoryDataRow<uint, uint, uint>((uint)theta, (uint)target, (uint)q);

    [Theory]
    [MemberData(nameof(DTypes))]
    public void Every_mix_of_dtypes_gives_the_answer_of_the_definitions(uint thetaType, uint targetType, uint qType)
    {
        using Batch theta = new((eqp_dtype)thetaType, Rows, Columns, Theta), target = new((eqp_dtype)targetType, Rows, Columns, Target);
        using Batch q = new((eqp_dtype)qType, Rows, Columns), logQ = new(EQP_F64, Rows, Columns);
        double* alpha = stackalloc double[Rows], kl = stackalloc double[Rows], klTarget = stackalloc double[Rows];
        double* ess = stackalloc double[Rows], logZ = stackalloc double[Rows], residual = stackalloc double[Rows];
        int* status = stackalloc int[Rows];
        eqp_matrix thetaView = theta.View, targetView = target.View, qView = q.View, logQView = logQ.View;
        eqp_solution solution = new()
        {
            struct_size = (nuint)sizeof(eqp_solution),
            alpha = alpha,
            q = &qView,
            log_q = &logQView,
            log_z = logZ,
            kl_theta = kl,
            kl_target = klTarget,
            ess_theta = ess,
            residual = residual,
            row_status = status,
        };

        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve(&thetaView, &targetView, null, &solution));

        for (int row = 0; row < Rows; row++)
        {
            Exact exact = new(Theta.AsSpan(row * Columns, Columns), Target.AsSpan(row * Columns, Columns));
            Assert.Equal((int)EQP_ROW_OK, status[row]);
            Assert.Equal(exact.Alpha, alpha[row], 2e-6);
            Assert.Equal(exact.Kl, kl[row], 2e-6);
            Assert.Equal(exact.Kl, klTarget[row], 2e-6);
            Assert.Equal(-exact.Kl, logZ[row], 2e-6);
            Assert.Equal(exact.EssTheta, ess[row], 2e-6);
            Assert.InRange(residual[row], 0, 1e-6);
            for (int y = 0; y < Columns; y++)
            {
                Assert.Equal(exact.Q[y], q[row * Columns + y], Batch.Rounding((eqp_dtype)qType));
                Assert.Equal(Math.Log(exact.Q[y]), logQ[row * Columns + y], 5e-6);
            }
        }
    }

    [Fact]
    public void Each_row_has_its_own_status()
    {
        // Identical, disjoint, NaN, +inf, nothing valid, a common support that pi_theta or pi_t hardly visits, skipped, solved.
        double[] theta =
        [
            1, 2, 3,
            1, -Infinity, -Infinity,
            double.NaN, 0, 0,
            Infinity, 0, 0,
            -Infinity, -Infinity, -Infinity,
            0, 0, 9,
            0, 0, -Infinity,
            1, 2, 3,
            1, 2, 3,
        ];
        double[] target =
        [
            2, 3, 4,
            -Infinity, 1, 1,
            0, 0, 0,
            0, 0, 0,
            0, 0, 0,
            0, 0, -Infinity,
            0, 0, 9,
            3, 2, 1,
            3, 2, 1,
        ];
        eqp_row_status[] expected =
        [
            EQP_ROW_IDENTICAL, EQP_ROW_DISJOINT, EQP_ROW_INVALID, EQP_ROW_INVALID, EQP_ROW_INVALID, EQP_ROW_AT_THETA, EQP_ROW_AT_TARGET,
            EQP_ROW_SKIPPED, EQP_ROW_OK,
        ];
        double?[] alphas = [0.5, double.NaN, double.NaN, double.NaN, double.NaN, 1, 0, 0, null];

        int rows = expected.Length;
        using Batch p = new(EQP_F32, rows, 3, theta), t = new(EQP_F32, rows, 3, target);
        double* alpha = stackalloc double[rows];
        int* status = stackalloc int[rows];
        byte* mask = stackalloc byte[rows];
        new Span<byte>(mask, rows).Fill(1);
        mask[7] = 0;

        eqp_solve_options options;
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve_options_init(&options, (nuint)sizeof(eqp_solve_options)));
        options.row_mask = mask;
        eqp_matrix pView = p.View, tView = t.View;
        eqp_solution solution = new() { struct_size = (nuint)sizeof(eqp_solution), alpha = alpha, row_status = status };
        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve(&pView, &tView, &options, &solution));

        Assert.Equal(expected, new Span<int>(status, rows).ToArray().Select(s => (eqp_row_status)s));
        for (int row = 0; row < rows; row++)
        {
            if (alphas[row] is double known)
                Assert.Equal(known, alpha[row]);
            else
                Assert.InRange(alpha[row], 0.1, 0.9);
        }
    }

    [Fact]
    public void Too_few_iterations_are_said_and_not_hidden()
    {
        using Batch p = new(EQP_F64, 1, 4, 30, 0, 1, 2), t = new(EQP_F64, 1, 4, 0, 7, 1, -5);
        eqp_matrix pView = p.View, tView = t.View;
        eqp_solve_options options;
        Exports.eqp_solve_options_init(&options, (nuint)sizeof(eqp_solve_options));
        options.method = eqp_method.EQP_BISECTION;
        options.max_iterations = 2;
        double residual;
        int status, iterations;
        eqp_solution solution = new()
        {
            struct_size = (nuint)sizeof(eqp_solution),
            residual = &residual,
            row_status = &status,
            iterations = &iterations,
        };

        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve(&pView, &tView, &options, &solution));

        Assert.Equal((int)EQP_ROW_NOT_CONVERGED, status);
        Assert.Equal(2, iterations);
        Assert.True(residual > 1e-6);
    }

    [Fact]
    public void A_fixed_alpha_is_taken_as_given()
    {
        using Batch p = new(EQP_F32, 1, Columns, Theta.AsSpan(0, Columns)), t = new(EQP_F32, 1, Columns, Target.AsSpan(0, Columns));
        eqp_matrix pView = p.View, tView = t.View;
        eqp_solve_options options;
        Exports.eqp_solve_options_init(&options, (nuint)sizeof(eqp_solve_options));
        options.criterion = eqp_criterion.EQP_FIXED_ALPHA;
        options.alpha = 1;
        double alpha, toTheta, toTarget, residual;
        eqp_solution solution = new()
        {
            struct_size = (nuint)sizeof(eqp_solution),
            alpha = &alpha,
            kl_theta = &toTheta,
            kl_target = &toTarget,
            residual = &residual,
        };

        Assert.Equal(eqp_status.EQP_OK, Exports.eqp_solve(&pView, &tView, &options, &solution));

        // alpha = 1 is pi_theta itself.
        Assert.Equal(1, alpha);
        Assert.Equal(0, toTheta, 1e-6);
        Assert.Equal(Exact.KlOf(Theta.AsSpan(0, Columns), Target.AsSpan(0, Columns)), toTarget, 2e-6);
        Assert.Equal(0, residual);
    }
}
