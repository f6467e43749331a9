namespace Equipoise.Balance;

/// <summary>Whether temperatures differ from 1: without one, the passes save two multiplications an element.</summary>
internal interface IScale
{
    static abstract bool IsOne { get; }
}

/// <summary>Both temperatures are 1.</summary>
internal readonly struct UnitScale : IScale
{
    public static bool IsOne => true;
}

/// <summary>Any temperatures.</summary>
internal readonly struct AnyScale : IScale
{
    public static bool IsOne => false;
}
