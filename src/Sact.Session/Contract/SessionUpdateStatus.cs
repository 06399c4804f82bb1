namespace Sact.Session.Stores;

/// <summary>The outcomes of <see cref="IGenericStore.UpdateAsync"/>.</summary>
public enum SessionUpdateStatus
{
    /// <summary>There is no live record: it was ended, has expired, or never existed. Nothing was written.</summary>
    Gone = 0,

    /// <summary>The change is in the record.</summary>
    Applied = 1,

    /// <summary>The record does not meet a condition of the change. Nothing was written.</summary>
    Conflict = 2,

    /// <summary>The fields would be larger than the change allows. Nothing was written.</summary>
    TooLarge = 3,
}
