using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Sact.Session;

/// <summary>
/// The session of one request, with its store: inject it where the store's own type matters, or where two registrations live side by side.
/// Everywhere else inject <see cref="ISactSession"/>.
/// </summary>
/// <typeparam name="TStore">The type of the store.</typeparam>
public interface ISession<out TStore> : ISactSession
    where TStore : IGenericStore
{
    /// <inheritdoc cref="ISactSession.BindAsync"/>
    [SuppressMessage("Design", "CA1000:Do not declare static members on generic types", Justification = "The framework looks for it here.")]
    static new ValueTask<ISession<TStore>?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        new((ISession<TStore>)InjectedSession.Of(context, typeof(TStore)));

    /// <summary>The store, for administration: end the sessions of a user, count.</summary>
    [JsonIgnore]
    TStore Store { get; }
}
