using System.Collections.Concurrent;

namespace Sact.Session.Scoreboard;

/// <summary>Gates hold requests of an application at a chosen point until the scoreboard opens them.</summary>
internal sealed class Gates
{
    private readonly ConcurrentDictionary<string, Gate> _gates = new();

    /// <summary>Waits at a gate. An empty name is no gate.</summary>
    public Task PassAsync(string? name) => string.IsNullOrEmpty(name) ? Task.CompletedTask : Of(name).PassAsync();

    public void Open(string name) => Of(name).Open();

    public Task ArrivedAsync(string name, int count) => Of(name).ArrivedAsync(count);

    private Gate Of(string name) => _gates.GetOrAdd(name, static _ => new Gate());

    private sealed class Gate
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<(int Count, TaskCompletionSource Source)> _waiting = [];
        private int _arrived;

        public Task PassAsync()
        {
            lock (_waiting)
            {
                _arrived++;
                foreach (var (count, source) in _waiting)
                {
                    if (_arrived >= count)
                    {
                        source.TrySetResult();
                    }
                }
            }

            return _open.Task;
        }

        public void Open() => _open.TrySetResult();

        public Task ArrivedAsync(int count)
        {
            lock (_waiting)
            {
                var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_arrived >= count)
                {
                    source.SetResult();
                }

                _waiting.Add((count, source));
                return source.Task;
            }
        }
    }
}
