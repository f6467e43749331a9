using System;
using System.Collections.Generic;
using System.Linq;
using Equipoise.Abi.Generated;
using Equipoise.Abi.Support;
using Xunit;

namespace Equipoise.Abi;

/// <summary>What the library says about itself.</summary>
public sealed unsafe class LibraryTests
{
    public static IEnumerable<TheoryDataRow<uint>> Statuses => Enum.GetValues<eqp_status>().Select(s => new TheoryDataRow<uint>((uint)s));

    [Fact]
    public void It_is_the_version_of_the_header()
    {
        Assert.Equal(Exports.EQP_ABI_VERSION, Exports.eqp_abi_version());
        Assert.Equal(
            $"{Exports.EQP_VERSION_MAJOR}.{Exports.EQP_VERSION_MINOR}.{Exports.EQP_VERSION_PATCH}",
            Library.Text(Exports.eqp_version()));
    }

    [Fact]
    public void It_is_the_level_that_was_asked_for()
    {
        string isa = Library.Text(Exports.eqp_isa());
        Assert.Contains(isa, (string[])["x86-64-v2", "x86-64-v3", "x86-64-v4", "arm64"]);
        if (Environment.GetEnvironmentVariable("EQUIPOISE_ISA") is { Length: > 0 } level)
            Assert.Equal(level, isa);
    }

    [Theory]
    [MemberData(nameof(Statuses))]
    public void Every_status_has_its_name(uint status) =>
        Assert.Equal(((eqp_status)status).ToString(), Library.Text(Exports.eqp_status_string((eqp_status)status)));

    [Fact]
    public void A_number_that_is_no_status_has_a_name_too() =>
        Assert.Equal("unknown status", Library.Text(Exports.eqp_status_string((eqp_status)77)));
}
