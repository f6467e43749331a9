using System;
using System.Collections.Generic;
using System.Threading;
using Equipoise.Abi.Generated;
using Equipoise.Abi.Support;
using Xunit;
using static Equipoise.Abi.Generated.eqp_status;

namespace Equipoise.Abi;

/// <summary>Every bad argument gives a status and a text that names it, and writes nothing.</summary>
public sealed unsafe class ErrorTests
{
    private const double Infinity = double.PositiveInfinity;
    private const double Untouched = -123;

    /// <summary>A call that can be spoilt in one place.</summary>
    private struct Call
    {
        public eqp_matrix Theta;
        public eqp_matrix Target;
        public eqp_matrix Q;
        public eqp_solve_options Options;
        public eqp_solution Solution;
    }

    private delegate void Spoil(Call* call);

    private static readonly Dictionary<string, (string Named, eqp_status Status, Spoil Spoil)> Mistakes = new()
    {
        ["no data of theta"] = ("theta", EQP_INVALID_ARGUMENT, static c => c->Theta.data = null),
        ["no data of target"] = ("target", EQP_INVALID_ARGUMENT, static c => c->Target.data = null),
        ["no such dtype"] = ("dtype", EQP_INVALID_ARGUMENT, static c => c->Theta.dtype = (eqp_dtype)9),
        ["negative rows"] = ("rows", EQP_INVALID_ARGUMENT, static c => c->Theta.rows = -1),
        ["other rows"] = ("rows", EQP_INVALID_ARGUMENT, static c => c->Target.rows = 1),
        ["negative columns"] = ("columns", EQP_INVALID_ARGUMENT, static c => c->Theta.columns = -4),
        ["other columns"] = ("columns", EQP_INVALID_ARGUMENT, static c => c->Target.columns = 3),
        ["more valid columns than there are"] = ("valid_columns", EQP_INVALID_ARGUMENT, static c => c->Options.valid_columns = 5),
        ["negative valid columns"] = ("valid_columns", EQP_INVALID_ARGUMENT, static c => c->Options.valid_columns = -1),
        ["output rows that overlap"] = ("row_stride", EQP_INVALID_ARGUMENT, static c => c->Q.row_stride = 3),
        ["an output of another width"] = ("q", EQP_INVALID_ARGUMENT, static c => c->Q.columns = 3),
        ["an output over an input"] = ("q", EQP_INVALID_ARGUMENT, static c => c->Q.data = c->Target.data),
        ["negative group"] = ("group_rows", EQP_INVALID_ARGUMENT, static c => c->Theta.group_rows = -1),
        ["no such scores"] = ("scores", EQP_INVALID_ARGUMENT, static c => c->Options.scores = (eqp_scores)3),
        ["no such criterion"] = ("criterion", EQP_INVALID_ARGUMENT, static c => c->Options.criterion = (eqp_criterion)6),
        ["no such method"] = ("method", EQP_INVALID_ARGUMENT, static c => c->Options.method = (eqp_method)2),
        ["no tolerance"] = ("tolerance", EQP_INVALID_ARGUMENT, static c => c->Options.tolerance = 0),
        ["a tolerance that is NaN"] = ("tolerance", EQP_INVALID_ARGUMENT, static c => c->Options.tolerance = double.NaN),
        ["no iterations"] = ("max_iterations", EQP_INVALID_ARGUMENT, static c => c->Options.max_iterations = 0),
        ["a cold theta"] = ("temperature_theta", EQP_INVALID_ARGUMENT, static c => c->Options.temperature_theta = 0),
        ["an endless temperature"] = ("temperature_target", EQP_INVALID_ARGUMENT, static c => c->Options.temperature_target = Infinity),
        ["negative threads"] = ("threads", EQP_INVALID_ARGUMENT, static c => c->Options.threads = -1),
        ["a negative epsilon"] = ("probability_epsilon", EQP_INVALID_ARGUMENT, static c => c->Options.probability_epsilon = -1),
        ["alpha beyond 1"] = ("alpha", EQP_INVALID_ARGUMENT, static c => AtAlpha(c, 1.5)),
        ["a budget below 0"] = ("budget", EQP_INVALID_ARGUMENT, static c => (c->Options.criterion, c->Options.budget) = (eqp_criterion.EQP_KL_BUDGET, -1)),
        ["options without a size"] = ("options", EQP_INVALID_ARGUMENT, static c => c->Options.struct_size = 0),
        ["a solution without a size"] = ("solution", EQP_INVALID_ARGUMENT, static c => c->Solution.struct_size = 0),
    };

    public static IEnumerable<TheoryDataRow<string>> EveryMistake
    {
        get
        {
            foreach (string name in Mistakes.Keys)
                yield return new(name);
        }
    }

    [Theory]
    [MemberData(nameof(EveryMistake))]
    public void A_mistake_is_named(string mistake)
    {
        (string named, eqp_status status, Spoil spoil) = Mistakes[mistake];
        using Batch theta = new(eqp_dtype.EQP_F32, 2, 4, 1, 2, 3, 4, 4, 3, 2, 1);
        using Batch target = new(eqp_dtype.EQP_F32, 2, 4, 0, 1, 0, 1, 0, 0, 1, 1);
        using Batch q = new(eqp_dtype.EQP_F32, 2, 4);
        double* alpha = stackalloc double[2] { Untouched, Untouched };
        Call call = new()
        {
            Theta = theta.View,
            Target = target.View,
            Q = q.View,
            Solution = new() { struct_size = (nuint)sizeof(eqp_solution), alpha = alpha },
        };
        call.Solution.q = &call.Q;
        Exports.eqp_solve_options_init(&call.Options, (nuint)sizeof(eqp_solve_options));
        Assert.Equal(EQP_OK, Exports.eqp_solve(&call.Theta, &call.Target, &call.Options, &call.Solution));
        (alpha[0], alpha[1]) = (Untouched, Untouched);

        spoil(&call);

        Assert.Equal(status, Exports.eqp_solve(&call.Theta, &call.Target, &call.Options, &call.Solution));
        Assert.Contains(named, Library.LastError);
        Assert.Equal((Untouched, Untouched), (alpha[0], alpha[1]));
    }

    [Fact]
    public void A_null_is_named()
    {
        using Batch batch = new(eqp_dtype.EQP_F32, 1, 2, 1, 2);
        eqp_matrix view = batch.View;
        eqp_solution solution = new() { struct_size = (nuint)sizeof(eqp_solution) };
        double value;
        Expect("theta", Exports.eqp_solve(null, &view, null, &solution));
        Expect("target", Exports.eqp_solve(&view, null, null, &solution));
        Expect("solution", Exports.eqp_solve(&view, &view, null, null));
        Expect("options", Exports.eqp_solve_options_init(null, (nuint)sizeof(eqp_solve_options)));
        Expect("p", Exports.eqp_divergence(null, &view, null, &value, null));
        Expect("q", Exports.eqp_divergence(&view, null, null, &value, null));
        Expect("values", Exports.eqp_divergence(&view, &view, null, null, null));
        Expect("options", Exports.eqp_divergence_options_init(null, (nuint)sizeof(eqp_divergence_options)));

        static void Expect(string name, eqp_status status)
        {
            Assert.Equal(EQP_INVALID_ARGUMENT, status);
            Assert.Contains(name, Library.LastError);
        }
    }

    [Fact]
    public void A_text_belongs_to_its_thread()
    {
        Exports.eqp_solve(null, null, null, null);
        string mine = Library.LastError;
        string before = "?", after = "?";
        Thread other = new(() =>
        {
            before = Library.LastError;
            Exports.eqp_divergence_options_init(null, 0);
            after = Library.LastError;
        });
        other.Start();
        other.Join();

        Assert.Equal("", before);
        Assert.Contains("options", after);
        Assert.Contains("theta", mine);
        Assert.Equal(mine, Library.LastError);
    }

    private static void AtAlpha(Call* call, double alpha)
    {
        call->Options.criterion = eqp_criterion.EQP_FIXED_ALPHA;
        call->Options.alpha = alpha;
    }
}
