using System.Text;
using CustomStore;

namespace Sact.Session.Stores.Tests;

/// <summary>The sample's store over a folder of its own.</summary>
internal sealed class FileSubject : StoreContractSubject
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sact-files-").FullName;

    public override bool SharesData => true;

    public override ValueTask<IGenericStore> OpenAsync(TimeProvider clock, string prefix, CancellationToken cancellationToken) =>
        new(new FileStore(new FileStoreOptions { Folder = _folder, TimeProvider = clock, Prefix = prefix }));

    public override ValueTask<bool> PlantGarbageAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        File.WriteAllText(FileOf(session.Key), "no record");
        return new(true);
    }

    public override ValueTask<bool> PlantNewerFormatAsync(SessionRecord session, CancellationToken cancellationToken)
    {
        File.WriteAllBytes(FileOf(session.Key), (session with { Format = SessionRecord.CurrentFormat + 1 }).Pack());
        return new(true);
    }

    public override ValueTask<bool?> ExistsPhysicallyAsync(SessionKey key, CancellationToken cancellationToken) =>
        new(File.Exists(FileOf(key)));

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return base.DisposeAsync();
    }

    private string FileOf(SessionKey key) =>
        Path.Combine(_folder, "of-" + key.Prefix, Convert.ToHexString(Encoding.ASCII.GetBytes(key.KeyPart)) + ".session");
}
