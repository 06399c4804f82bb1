using Sact.Session.Stores;

namespace CustomStore;

/// <summary>The options of the <see cref="FileStore"/>. Prefix, clock and log are in the base class.</summary>
public sealed class FileStoreOptions : GenericStoreOptions
{
    /// <summary>The folder of the files. It is created if it is missing.</summary>
    public string Folder { get; set; } = "sessions";
}
