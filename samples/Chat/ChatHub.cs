using Microsoft.AspNetCore.SignalR;

namespace Chat;

/// <summary>Sends what one user writes to all. <c>CloseWhenSessionEnds()</c> closes its connections.</summary>
internal sealed class ChatHub : Hub
{
    private const int MostCharacters = 500;

    public async Task Send(string words)
    {
        string line = words.Length > MostCharacters ? words[..MostCharacters] : words;
        await Clients.All.SendAsync("message", Context.User!.Identity!.Name, line);
    }
}
