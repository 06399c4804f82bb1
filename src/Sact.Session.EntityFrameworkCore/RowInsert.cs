using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace Sact.Session;

/// <summary>
/// Inserts a row with one statement. SaveChanges would do so too, but it is the application's: an audit or an outbox hangs on it, and
/// must see no session.
/// </summary>
internal sealed class RowInsert<TRow>
    where TRow : class
{
    // A context may have several models, for example one per schema. Most have one.
    private volatile Statement? _last;

    public Task<int> RunAsync(DbContext context, TRow row, CancellationToken cancellationToken)
    {
        var statement = _last is { } last && last.Model == context.Model ? last : _last = new Statement(context);
        return statement.RunAsync(context, row, cancellationToken);
    }

    private sealed class Statement
    {
        private readonly string _sql;
        private readonly (IProperty Property, RelationalTypeMapping Mapping)[] _columns;

        public Statement(DbContext context)
        {
            Model = context.Model;
            var type = Model.FindEntityType(typeof(TRow))!;
            var table = StoreObjectIdentifier.Table(type.GetTableName()!, type.GetSchema());
            var mapped = type.GetProperties().Where(static property => !property.IsShadowProperty()).ToList();
            _columns = [.. mapped.Select(static property => (property, property.GetRelationalTypeMapping()))];
            var names = context.GetService<ISqlGenerationHelper>();
            string columns = string.Join(", ", mapped.Select(property => names.DelimitIdentifier(property.GetColumnName(table)!)));
            string values = string.Join(", ", mapped.Select(static (_, i) => $"{{{i}}}"));
            _sql = $"INSERT INTO {names.DelimitIdentifier(table.Name, table.Schema)} ({columns}) VALUES ({values})";
        }

        public IModel Model { get; }

        [SuppressMessage("Security", "EF1002", Justification = "The text has names of the model, and every value is a parameter.")]
        public async Task<int> RunAsync(DbContext context, TRow row, CancellationToken cancellationToken)
        {
            var command = context.Database.GetDbConnection().CreateCommand();
            await using var _ = command.ConfigureAwait(false);
            return await context.Database.ExecuteSqlRawAsync(_sql, Parameters(command, row), cancellationToken).ConfigureAwait(false);
        }

        // The mapping of the column gives the parameter its type, also for null.
        private DbParameter[] Parameters(DbCommand command, TRow row) => [.. _columns.Select((column, i) => column.Mapping.CreateParameter(
            command, $"p{i}", column.Property.GetGetter().GetClrValue(row), column.Property.IsNullable))];
    }
}
