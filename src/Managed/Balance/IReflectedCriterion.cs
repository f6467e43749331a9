namespace Equipoise.Balance;

/// <summary>A criterion that looks at log Z at 2 − α, and at −α or at α.</summary>
internal interface IReflectedCriterion : ICriterion
{
    /// <summary>The second place is −α, not α.</summary>
    bool LooksBefore { get; }
}
