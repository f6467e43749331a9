using System;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Equipoise.Abi.Generated;

namespace Equipoise.Abi.Support;

/// <summary>Finds the shared library for the generated declarations, and reads its texts.</summary>
internal static unsafe class Library
{
    /// <summary>The checkout.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The library under test.</summary>
    public static string Location { get; } = Environment.GetEnvironmentVariable("EQUIPOISE_LIBRARY") ?? Built();

    /// <summary>The text of this thread's latest error.</summary>
    public static string LastError => Text(Exports.eqp_last_error());

    /// <summary>A NUL-terminated text as a string.</summary>
    public static string Text(sbyte* text) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated((byte*)text));

    [ModuleInitializer]
    internal static void UseLocation() =>
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), static (_, _, _) => NativeLibrary.Load(Location));

    private static string Built()
    {
        string native = Path.Combine(Root, "build", "native");
        string folder = Environment.GetEnvironmentVariable("EQUIPOISE_ISA") is { Length: > 0 } level ? level : "lib";
        return Path.Combine(native, folder, "libequipoise.so.1");
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "bindings", "c", "include", "equipoise.h")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("these tests run from inside the checkout");
    }
}
