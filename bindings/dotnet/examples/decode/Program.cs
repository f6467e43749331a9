// A decoding loop: at every step two models leave their logits in buffers of their own, and the next token is drawn from the q* between them, which is
// never written. All buffers are made before the loop: a step allocates nothing. A draw is a function of the logits, the seed, the stream and the
// step, so that a run can be repeated, resumed and split.
//
//   usage: dotnet run -- [steps [seed]]
using System;
using Equipoise;

const int Vocabulary = 32000;
int steps = args.Length > 0 ? int.Parse(args[0]) : 12;
ulong seed = args.Length > 1 ? ulong.Parse(args[1]) : 7;

Model policy = new(Vocabulary, 3), target = new(Vocabulary, 5);
SolveOptions which = SolveOptions.Default with { TemperatureTheta = 0.8, TemperatureTarget = 0.8, Threads = 1 };
long allocated = 0, token = 0;

Console.WriteLine("step  token  alpha*  log q*(token)  pi_theta/q*");
for (int step = 0; step < steps; step++)
{
    long before = GC.GetAllocatedBytesForCurrentThread();
    policy.Decode(token);
    target.Decode(token);
    Draw drawn = Next(policy.Logits, target.Logits, which, SampleOptions.Default with { Seed = seed, Offset = (ulong)step, TopP = 0.95 });
    token = drawn.Token;
    allocated += step == 0 ? 0 : GC.GetAllocatedBytesForCurrentThread() - before; // the first sets the library up
    Console.WriteLine($"{step,4}  {token,5}  {drawn.Alpha:F4}  {drawn.LogQ,13:F4}  {drawn.Weight,11:F4}");
}

Console.WriteLine($"{allocated} bytes allocated after the first of {steps} steps, by {typeof(Sampler).Assembly.GetName().Name} {typeof(Sampler).Assembly.GetName().Version}");

static unsafe Draw Next(ReadOnlySpan<float> theta, ReadOnlySpan<float> target, in SolveOptions which, in SampleOptions how)
{
    Draw drawn;
    fixed (float* a = theta, b = target)
    {
        Samples samples = new() { Tokens = &drawn.Token, Alpha = &drawn.Alpha, LogQ = &drawn.LogQ, Weights = &drawn.Weight };
        Sampler.Draw(new Matrix(a, DType.F32, 1, theta.Length), new Matrix(b, DType.F32, 1, target.Length), which, how, samples);
    }

    return drawn;
}

/// <summary>A token, its log q*, its π_θ/q*, and the α* of the row it came from.</summary>
internal struct Draw
{
    public long Token;
    public double Alpha;
    public double LogQ;
    public double Weight;
}

/// <summary>Stands for a model and its context, which leaves the next token's logits in a buffer of its own.</summary>
internal sealed class Model(int vocabulary, long stride)
{
    private readonly float[] logits = new float[vocabulary];

    public ReadOnlySpan<float> Logits => logits;

    public void Decode(long token)
    {
        float sharpness = 5 + (token * stride % 5);
        for (int y = 0; y < logits.Length; y++)
        {
            logits[y] = sharpness * MathF.Sin((y + token) * stride % 1009);
        }
    }
}
