namespace Sact.Session.Tests;

/// <summary>What a store answers when a session is created.</summary>
public sealed class AnswersOfACreation
{
    [Fact]
    public void AreEqualIfTheyEndedTheSameSessions()
    {
        SessionKey[] ended = [SessionKey.Parse("session:" + new string('A', 24)), SessionKey.Parse("session:" + new string('B', 24))];

        Assert.Equal(SessionCreation.Created(ended), SessionCreation.Created([.. ended]));
        Assert.Equal(SessionCreation.Created([]), SessionCreation.Created());
        Assert.NotEqual(SessionCreation.Created(ended[..1]), SessionCreation.Created(ended));
        Assert.NotEqual(SessionCreation.Created(ended[1..]), SessionCreation.Created(ended[..1]));
        Assert.NotEqual(SessionCreation.Exists, SessionCreation.CapReached);
    }
}
