namespace Equipoise.Balance;

internal static class Constants
{
    internal const double Log2E = 1.4426950408889634;
}
