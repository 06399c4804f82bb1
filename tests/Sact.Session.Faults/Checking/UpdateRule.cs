using System.Globalization;

namespace Sact.Session.Faults;

/// <summary>
/// No acknowledged update is lost, none happens twice, and none happens that was refused. Each field has one writer, so its writes have an
/// order; the counter has many.
/// </summary>
internal sealed class UpdateRule(Durability durability, CheckResult result)
{
    public void Check(SessionTimeline session)
    {
        var writes = session.Operations
            .Where(operation => operation.Verb == Verb.Update)
            .OrderBy(write => write.From)
            .GroupBy(write => write.Field!)
            .ToDictionary(group => group.Key, group => group.ToList());
        var increments = session.Operations.Where(operation => operation.Verb == Verb.Increment).ToList();
        foreach (var read in session.Operations.Where(operation => operation.Seen is not null))
        {
            foreach (string field in writes.Keys.Union(read.Seen!.Keys.Where(IsWritten)))
            {
                CheckField(read, read.Seen!.GetValueOrDefault(field), writes.GetValueOrDefault(field, []));
            }

            CheckCounter(read, increments);
        }
    }

    private static bool IsWritten(string field) =>
        field is not (SessionFieldNames.Owner or SessionFieldNames.SignIn or SessionFieldNames.Counter);

    private void CheckField(Operation read, string? value, List<Operation> writes)
    {
        var last = writes.FindLast(write => write.Until <= read.From && IsKept(write, read));
        CountLost(read, value, last, writes);
        if (writes.Find(write => write.Value == value) is { } source)
        {
            if (durability.HasNoEffect(source))
            {
                result.Add(Violation.RefusedUpdate, source, "seen by", read);
            }
            else if (last is not null && source.From < last.From && durability.IsAcknowledged(source) && !MayReturn(source, last, read))
            {
                result.Add(Violation.LostUpdate, last, "was lost for", source, "seen by", read);
            }
            else if (source.From >= read.Until)
            {
                result.Add(Violation.RefusedUpdate, source, "seen before it began by", read);
            }
        }
        else if (value is not null)
        {
            result.Add(Violation.OtherUser, read, $"it showed {value}, which nobody wrote to this session");
        }
        else if (last is not null)
        {
            result.Add(Violation.LostUpdate, last, "was not seen by", read);
        }
    }

    /// <summary>Whether a write is acknowledged, and is in the store for certain when an operation reads.</summary>
    private bool IsKept(Operation write, Operation read) =>
        durability.IsAcknowledged(write) && !durability.MayLose(write.Until, read.Until);

    // An older write was acknowledged before the newer one began. It is seen again only where the newer one was lost.
    private bool MayReturn(Operation source, Operation last, Operation read) =>
        source.Until > last.From || durability.MayLose(last.Until, read.Until);

    private void CountLost(Operation read, string? value, Operation? last, List<Operation> writes)
    {
        var lost = writes.FindLast(write => write.Until <= read.From && durability.IsAcknowledged(write));
        if (lost is not null && lost != last && lost.Value != value && !writes.Exists(
            write => write.From > lost.From && write.From < read.Until && write.Value == value))
        {
            result.Losses.Updates.Add(lost.Id);
        }
    }

    private void CheckCounter(Operation read, List<Operation> increments)
    {
        int value = int.Parse(read.Seen!.GetValueOrDefault(SessionFieldNames.Counter) ?? "-1", CultureInfo.InvariantCulture);
        var acknowledged = increments.FindAll(one => one.Until <= read.From && durability.IsAcknowledged(one));
        int least = acknowledged.Count(one => !durability.MayLose(one.Until, read.Until));
        int most = increments.Count(one => one.From < read.Until && !durability.HasNoEffect(one));
        if (value < least)
        {
            result.Add(Violation.LostUpdate, $"the counter is {value} after {least} acknowledged increments", read);
        }
        else if (value > most)
        {
            result.Add(Violation.TooManyIncrements, $"the counter is {value} after {most} increments", read);
        }
        else if (value < acknowledged.Count)
        {
            foreach (var one in acknowledged.Where(one => durability.MayLose(one.Until, read.Until)).TakeLast(acknowledged.Count - value))
            {
                result.Losses.Updates.Add(one.Id);
            }
        }
    }
}
