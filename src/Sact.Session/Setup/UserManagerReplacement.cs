using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session;

/// <summary>
/// Puts <see cref="SactUserManager{TUser}"/> in the place of the framework's own user manager. A user manager of the application stays.
/// </summary>
internal static class UserManagerReplacement
{
    [UnconditionalSuppressMessage(
        "AotAnalysis", "IL3050", Justification = "The type of the users is a class, so its code is shared. Identity relies on it too.")]
    [UnconditionalSuppressMessage(
        "Trimming", "IL2055", Justification = "The type of the users is that of the user manager that is replaced, and only a class.")]
    public static void Apply(IServiceCollection services)
    {
        for (int i = 0; i < services.Count; i++)
        {
            var service = services[i];
            if (!service.IsKeyedService
                && service.ServiceType.IsConstructedGenericType
                && service.ServiceType.GetGenericTypeDefinition() == typeof(UserManager<>)
                && service.ImplementationType == service.ServiceType)
            {
                var replacement = typeof(SactUserManager<>).MakeGenericType(service.ServiceType.GenericTypeArguments[0]);
                services[i] = ServiceDescriptor.Describe(service.ServiceType, replacement, service.Lifetime);
            }
        }
    }
}
