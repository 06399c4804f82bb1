using System.Text.Json.Serialization;

namespace Sact.Session;

/// <summary>
/// The session of one request, with its store: inject it where the store's own type matters, or where two registrations live side by side.
/// Everywhere else inject <see cref="ISactSession"/>.
/// </summary>
/// <typeparam name="TStore">The type of the store.</typeparam>
public interface ISession<out TStore> : ISactSession
    where TStore : IGenericStore
{
    /// <summary>The store, for administration: end the sessions of a user, count.</summary>
    [JsonIgnore]
    TStore Store { get; }
}
