namespace Sact.Session;

public partial class Session<TStore>
{
    // One method at a time: awaiting two of them side by side is safe.
    private Turns _turns;

    private StoreCalls Calls => new(Store, Settings, _response.Context);

    void IReservedSession.GiveTurn() => _turns.Give();

    // Taken without a state machine where it is free, as it nearly always is.
    private ValueTask<Turn> TurnAsync(CancellationToken cancellationToken)
    {
        _response.ThrowIfEnded();
        cancellationToken.ThrowIfCancellationRequested();
        return _turns.TryTake() ? new(Begin()) : WaitAsync(cancellationToken);

        async ValueTask<Turn> WaitAsync(CancellationToken cancellationToken)
        {
            await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
            return Begin();
        }

        Turn Begin()
        {
            try
            {
                Ask();
                return new Turn(this);
            }
            catch
            {
                _turns.Give();
                throw;
            }
        }
    }

    private void Ask()
    {
        _response.ThrowIfEnded();
        lock (_response.Context)
        {
            _response.Asked();
            if (!_cookieRead)
            {
                _isPresented = Settings.Cookie.TryRead(Request, _presented);
                _cookieRead = true;
            }
        }
    }
}
