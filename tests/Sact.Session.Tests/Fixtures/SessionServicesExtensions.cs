namespace Sact.Session.Tests;

/// <summary>The library's internals that tests of several rooms need.</summary>
internal static class SessionServicesExtensions
{
    extension(SactSessionOptions options)
    {
        public SessionServices Services => SessionServices.Of(options);
    }

    extension(SessionServices services)
    {
        /// <summary>A new id and its record, not stored: signed in for a user, anonymous without one.</summary>
        public (string Id, SessionRecord Record) Make(IGenericStore store, string? userId, SessionFields fields) => SessionRecordFactory.Make(
            store, services.Clock, userId, fields, userId is null ? services.Settings.AnonymousTerms : services.Settings.SignInTerms);
    }
}
