using System;

namespace Equipoise.Kernels.Compiler;

/// <summary>The emitted text holds something that the rewriting rules do not cover.</summary>
internal sealed class RewriteException(string message) : Exception(message);
