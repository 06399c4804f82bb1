namespace Sact.Session.Faults;

/// <summary>The two application processes over one store.</summary>
internal sealed class Applications(bool survivesFullDisk) : IDisposable
{
    public const int Count = 2;

    private readonly ApplicationProcess[] _processes =
        [.. Enumerable.Range(0, Count).Select(_ => ApplicationProcess.Start(survivesFullDisk))];

    private StoreSettings? _settings;

    public IReadOnlyList<int> Ids => [.. _processes.Select(process => process.Id)];

    /// <inheritdoc cref="ApplicationProcess.SendAsync"/>
    public Task<Reply?> SendAsync(int number, Request request) => Volatile.Read(ref _processes[number]).SendAsync(request);

    /// <summary>Opens the store in both processes.</summary>
    public async Task OpenAsync(StoreSettings settings)
    {
        _settings = settings;
        await OrderAsync(new Request { Order = "open", Settings = settings });
    }

    /// <summary>Opens it again, with another connection string if there is one.</summary>
    public Task OpenAgainAsync(string? connection = null) =>
        OrderAsync(new Request { Order = "open", Settings = _settings! with { Connection = connection ?? _settings.Connection } });

    public Task CloseAsync() => OrderAsync(new Request { Order = "close" });

    public async Task<Measurement[]> MeasureAsync() =>
        [.. (await OrderAsync(new Request { Order = "measure" })).Select(reply => reply!.Measured!)];

    /// <summary>Kills a process in the middle of its work, and starts another one in its place.</summary>
    public async Task ReplaceAsync(int number, Func<Task> meanwhile)
    {
        var old = _processes[number];
        await old.KillAsync();
        await meanwhile();
        var young = ApplicationProcess.Start(survivesFullDisk);
        await young.SendAsync(new Request { Order = "open", Settings = _settings });
        Volatile.Write(ref _processes[number], young);
        old.Dispose();
    }

    public void Dispose() => Array.ForEach(_processes, process => process.Dispose());

    private Task<Reply?[]> OrderAsync(Request order) => Task.WhenAll(_processes.Select(process => process.SendAsync(order)));
}
