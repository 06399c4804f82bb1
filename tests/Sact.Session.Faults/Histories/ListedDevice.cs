namespace Sact.Session.Faults;

/// <summary>One session of a list.</summary>
/// <param name="Key">Its key part.</param>
/// <param name="User">Whose it is, as the library has it.</param>
/// <param name="Owner">Whose data is in it; null if the data is sealed for its own browser.</param>
public sealed record ListedDevice(string Key, string User, string? Owner);
