using System.Globalization;
using Sact.Session.Benchmarks;

// One process of a comparison of two commits. The benchmark starts it, writes commands to its input, and reads one line for each.
(string store, string connection, string prefix) = (args[0], args[1], args[2]);
await using var probe = await Probe.StartAsync(store, connection, prefix);
await Console.Out.WriteLineAsync("ready");
while (await Console.In.ReadLineAsync() is { } line)
{
    string[] words = line.Split(' ');
    if (words is ["use", string ids])
    {
        await probe.UseAsync(ids.Split(','));
        await Console.Out.WriteLineAsync("ready");
        continue;
    }

    int first = int.Parse(words[1], CultureInfo.InvariantCulture), second = int.Parse(words[2], CultureInfo.InvariantCulture);
    string answer = words[0] switch
    {
        "sign-in" => await probe.SignInAsync(sessions: first, fieldBytes: second, words.Contains("client")),
        "get" => Print(await Probe.TimeAsync(workers: first, times: second, probe.RawGetAsync)),
        "replace" => Print(await ReplaceAsync(first, second)),
        "read" => Print(await Probe.TimeAsync(workers: first, times: second, probe.ReadAsync)),
        "update" => Print(await Probe.TimeAsync(workers: first, times: second, probe.UpdateAsync)),
        "write-one" => Print(await Probe.TimeAsync(workers: first, times: second, probe.UpdateFirstAsync)),
        "burst" => Print(await probe.BurstAsync(writers: first)),
        _ => throw new InvalidOperationException("The command is unknown."),
    };
    await Console.Out.WriteLineAsync(answer);
}

async Task<TimeSpan> ReplaceAsync(int workers, int times)
{
    await probe.ReadPackedAsync();
    return await Probe.TimeAsync(workers, times, probe.RawReplaceAsync);
}

static string Print(TimeSpan time) => time.TotalMilliseconds.ToString("R", CultureInfo.InvariantCulture);
