using Sact.Session.Tests.Fuzzing;

namespace Sact.Session.Stores.Tests.Interleavings;

/// <summary>The requests of one actor: one that its verb names, and often a second one with the cookie of the answer.</summary>
internal sealed class Requests
{
    private readonly Scene _scene;
    private readonly Device _device;
    private readonly bool _isLate;
    private readonly bool _hasCookie;
    private readonly bool _isLost;
    private readonly bool _comesBack;

    public Requests(Scene scene, SeededNumbers numbers, IReadOnlyList<Device> devices)
    {
        _scene = scene;
        int which = numbers.Below(100);
        _device = devices[which < 65 ? 0 : which < 85 ? 1 : 2];
        _isLate = numbers.Percent(50);
        _hasCookie = numbers.Percent(70);
        _isLost = numbers.Percent(25);
        _comesBack = numbers.Percent(60);
    }

    public async Task PlayAsync(Actor actor)
    {
        var cookie = _isLate ? _device.First : _device.Newest;
        switch (actor.Verb)
        {
            case Verb.Read or Verb.Touch:
                await _scene.ReadAsync(actor.Verb, actor, cookie);
                return;
            case Verb.CleanUp:
                await _scene.RequestCleanUpAsync(actor);
                return;
            case Verb.SignIn or Verb.BeginAnonymous when !_hasCookie:
                cookie = null;
                break;
        }

        var (visit, session) = _scene.Begin(actor.Verb, actor, cookie);
        try
        {
            await SendAsync(visit, session);
            _scene.End(visit, session, isLost: _isLost && actor.Verb == Verb.Renew);
        }
        catch (Exception fault)
        {
            visit.Fault = fault;
            return;
        }

        if (visit.Sent is not { IsLost: false } sent)
        {
            return;
        }

        if (actor.Verb is Verb.Renew or Verb.Raise or Verb.SignIn && cookie is not null)
        {
            _device.Newest = sent;
        }

        if (_comesBack)
        {
            await _scene.ReadAsync(Verb.Read, actor, sent);
        }
    }

    private async Task SendAsync(Visit visit, Session<IGenericStore> session)
    {
        switch (visit.Verb)
        {
            case Verb.Update:
                (visit.Field, visit.Value) = ($"u{visit.Actor!.Number}", 1 + visit.Actor.Number);
                visit.Answer = await session.UpdateAsync(new System.Text.Json.Nodes.JsonObject { [visit.Field] = visit.Value });
                break;
            case Verb.CompareAndSwap:
                var result = await session.ModifyAsync<int>("n", static n => n + 1);
                (visit.Answer, visit.Value) = (result.Succeeded, result.Value);
                break;
            case Verb.Renew:
                visit.Answer = await session.RenewAsync();
                break;
            case Verb.Raise:
                visit.Answer = await session.RaiseAsync(2);
                break;
            case Verb.SignIn:
                visit.UserId = _device.UserId;
                await session.SetAsync(_device.UserId, new() { ["who"] = Scene.TagOf(visit), ["n"] = 0 });
                break;
            case Verb.SignOut:
                await session.DeleteAsync();
                break;
            case Verb.EndOthers:
                await session.DeleteOtherSessionsAsync();
                break;
            case Verb.EndAll:
                await session.DeleteAllSessionsAsync();
                break;
            case Verb.BeginAnonymous:
                visit.Answer = await session.StartAsync(new() { ["who"] = Scene.TagOf(visit), ["n"] = 0 });
                break;
            default:
                throw new NotSupportedException($"{visit.Verb} is no request of its own.");
        }
    }
}
