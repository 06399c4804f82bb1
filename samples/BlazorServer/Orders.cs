namespace BlazorServer;

/// <summary>An order, and who has packed it.</summary>
internal sealed record Order(int Number, string Item, string? PackedBy);

/// <summary>Invents an order every two seconds, and reports each change to the open pages.</summary>
internal sealed class Orders(TimeProvider clock) : BackgroundService
{
    private const int Kept = 100;

    private static readonly string[] s_items = ["Teapot", "Lamp", "Notebook", "Umbrella", "Clock", "Basket", "Scarf"];

    private readonly Lock _lock = new();
    private Order[] _latest = [];

    /// <summary>Is raised on a thread of the pool.</summary>
    public event Action? Changed;

    /// <summary>The latest orders, the newest first.</summary>
    public IReadOnlyList<Order> Latest => _latest;

    public void Pack(int number, string packer) => Change(latest =>
        [.. latest.Select(order => order.Number == number && order.PackedBy is null ? order with { PackedBy = packer } : order)]);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2), clock);
        for (int number = 1001; ; number++)
        {
            var order = new Order(number, s_items[number % s_items.Length], null);
            Change(latest => [order, .. latest.Take(Kept - 1)]);
            await timer.WaitForNextTickAsync(stoppingToken);
        }
    }

    private void Change(Func<Order[], Order[]> change)
    {
        lock (_lock)
        {
            _latest = change(_latest);
        }

        Changed?.Invoke();
    }
}
