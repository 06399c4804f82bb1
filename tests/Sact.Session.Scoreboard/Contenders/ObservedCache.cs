using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;
using Microsoft.Extensions.Options;

namespace Sact.Session.Scoreboard;

/// <summary>The framework's distributed memory cache, which can be counted, dumped and made to fail.</summary>
internal sealed class ObservedCache(MovedClock clock) : IDistributedCache
{
    private readonly ConcurrentDictionary<string, bool> _keys = new();
    private readonly MemoryDistributedCache _cache = new(Options.Create(new MemoryDistributedCacheOptions { Clock = new Clock(clock) }));

    public bool IsDown { get; set; }

    public long Count() => _keys.Keys.Count(key => _cache.Get(key) is not null);

    public IEnumerable<string> Dump() => _keys.Keys
        .Select(key => (key, value: _cache.Get(key)))
        .Where(static entry => entry.value is not null)
        .SelectMany(static entry => new[]
        {
            entry.key,
            string.Concat(Encoding.UTF8.GetString(entry.value!).Select(static c => char.IsControl(c) ? ' ' : c)),
        });

    public byte[]? Get(string key) => Up().Get(key);

    public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => Up().GetAsync(key, token);

    public void Refresh(string key) => Up().Refresh(key);

    public Task RefreshAsync(string key, CancellationToken token = default) => Up().RefreshAsync(key, token);

    public void Remove(string key) => Up().Remove(key);

    public Task RemoveAsync(string key, CancellationToken token = default) => Up().RemoveAsync(key, token);

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options)
    {
        Up().Set(key, value, options);
        _keys[key] = true;
    }

    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        await Up().SetAsync(key, value, options, token);
        _keys[key] = true;
    }

    private MemoryDistributedCache Up() => IsDown ? throw new InvalidOperationException("The cache is down.") : _cache;

    private sealed class Clock(MovedClock clock) : ISystemClock
    {
        public DateTimeOffset UtcNow => clock.GetUtcNow();
    }
}
