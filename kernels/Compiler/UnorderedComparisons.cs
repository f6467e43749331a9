using System.Collections.Generic;
using ILGPU;
using ILGPU.Backends;
using ILGPU.IR;
using ILGPU.IR.Values;
using IrMethod = ILGPU.IR.Method;

namespace Equipoise.Kernels.Compiler;

/// <summary>
/// ILGPU's OpenCL C knows ordered comparisons alone: a negated one, true for NaN, would be false. Before the text is written, each becomes the
/// ordered one or a test for NaN.
/// </summary>
internal readonly struct UnorderedComparisons : IBackendHook
{
    public void FinishedCodeGeneration(IRContext context, IrMethod entryPoint)
    {
    }

    public void InitializedKernelContext(IRContext kernelContext, IrMethod kernelMethod)
    {
    }

    public void OptimizedKernelContext(IRContext kernelContext, IrMethod kernelMethod)
    {
        IrMethod.Builder builder = kernelMethod.CreateBuilder();
        foreach (BasicBlock block in kernelMethod.Blocks)
        {
            List<CompareValue> comparisons = [];
            foreach (Value value in block)
            {
                if (value is CompareValue { IsUnsignedOrUnordered: true } comparison && IsFloat(comparison.Left.BasicValueType))
                {
                    comparisons.Add(comparison);
                }
            }

            foreach (CompareValue comparison in comparisons)
            {
                Replace(builder[block], comparison);
            }
        }

        builder.Dispose();
    }

    private static bool IsFloat(BasicValueType type) => type is BasicValueType.Float32 or BasicValueType.Float64;

    private static void Replace(BasicBlock.Builder block, CompareValue comparison)
    {
        if (comparison.Kind == CompareKind.NotEqual)
        {
            // C's own != is unordered.
            return;
        }

        block.SetupInsertPosition(comparison);
        Value ordered = block.CreateCompare(comparison.Location, comparison.Left, comparison.Right, comparison.Kind);
        Value left = block.CreateArithmetic(comparison.Location, comparison.Left, UnaryArithmeticKind.IsNaNF);
        Value right = block.CreateArithmetic(comparison.Location, comparison.Right, UnaryArithmeticKind.IsNaNF);
        Value either = block.CreateArithmetic(comparison.Location, left, right, BinaryArithmeticKind.Or);
        Value result = block.CreateArithmetic(comparison.Location, ordered, either, BinaryArithmeticKind.Or);
        comparison.Replace(result);
        block.Remove(comparison);
    }
}
