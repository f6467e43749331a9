using System;
using System.Text.Json;
using Equipoise.Reflect;

JsonSerializerOptions indented = new() { WriteIndented = true };
Console.WriteLine(JsonSerializer.Serialize(new { exports = Exported.Surface(), generated = Declared.Surface() }, indented));
