using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Sact.Session.Stores.Tests.EntityFramework;

/// <summary>What a provider would send to a server that is not here, with the types of the parameters.</summary>
internal sealed class Recording
{
    private readonly StringBuilder _text = new();

    public string Text => _text.ToString();

    /// <summary>Answers a command that reads; null for no rows.</summary>
    public Func<DbCommand, DataTable?> Rows { get; set; } = _ => null;

    /// <summary>Answers a command that writes.</summary>
    public Func<DbCommand, int> Written { get; set; } = _ => 1;

    public void Heading(string heading) => _text.Append("\n-- ").Append(heading).Append('\n');

    public void Note(DbCommand command)
    {
        foreach (DbParameter parameter in command.Parameters)
        {
            _text.Append(CultureInfo.InvariantCulture, $"-- {parameter.ParameterName} {parameter.DbType}");
            _text.Append(parameter.Size == 0 ? "\n" : string.Create(CultureInfo.InvariantCulture, $"({parameter.Size})\n"));
        }

        Note(command.CommandText + ";");
    }

    public void Note(string line) => _text.Append(line.ReplaceLineEndings("\n")).Append('\n');
}

/// <summary>A connection to no server: it is open, records, and answers what the test says.</summary>
internal sealed class RecordedConnection(Recording recording) : DbConnection
{
    private ConnectionState _state;

    public override string DataSource => "nowhere";

    public override string ServerVersion => "16.0";

    public override ConnectionState State => _state;

    public override string Database => "app";

    [AllowNull]
    public override string ConnectionString { get; set; } = "";

    public override void Open() => _state = ConnectionState.Open;

    public override void Close() => _state = ConnectionState.Closed;

    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

    protected override DbCommand CreateDbCommand() => new RecordedCommand(recording) { Connection = this };

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel)
    {
        recording.Note($"BEGIN TRANSACTION; -- {isolationLevel}");
        return new RecordedTransaction(this, isolationLevel, recording);
    }
}

internal sealed class RecordedTransaction(DbConnection connection, IsolationLevel level, Recording recording) : DbTransaction
{
    public override IsolationLevel IsolationLevel => level;

    protected override DbConnection DbConnection => connection;

    public override void Commit() => recording.Note("COMMIT;");

    public override void Rollback() => recording.Note("ROLLBACK;");
}

internal sealed class RecordedCommand(Recording recording) : DbCommand
{
    // Any list of parameters will do.
    private readonly Microsoft.Data.SqlClient.SqlCommand _parameters = new();

    [AllowNull]
    public override string CommandText { get; set; } = "";

    public override int CommandTimeout { get; set; }

    public override CommandType CommandType { get; set; }

    public override bool DesignTimeVisible { get; set; }

    public override UpdateRowSource UpdatedRowSource { get; set; }

    protected override DbConnection? DbConnection { get; set; }

    protected override DbParameterCollection DbParameterCollection => _parameters.Parameters;

    protected override DbTransaction? DbTransaction { get; set; }

    public override void Cancel()
    {
    }

    public override void Prepare()
    {
    }

    public override int ExecuteNonQuery()
    {
        recording.Note(this);
        return recording.Written(this);
    }

    public override object? ExecuteScalar() => throw new NotSupportedException();

    protected override DbParameter CreateDbParameter() => new Microsoft.Data.SqlClient.SqlParameter();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior)
    {
        recording.Note(this);
        return (recording.Rows(this) ?? new DataTable()).CreateDataReader();
    }

    protected override void Dispose(bool disposing)
    {
        _parameters.Dispose();
        base.Dispose(disposing);
    }
}
