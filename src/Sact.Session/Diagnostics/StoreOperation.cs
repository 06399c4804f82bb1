namespace Sact.Session;

/// <summary>What the library calls a store for; the label <c>operation</c>.</summary>
internal static class StoreOperation
{
    public const string Read = "read";
    public const string Watch = "watch";
    public const string Create = "create";
    public const string Update = "update";
    public const string Delete = "delete";
    public const string DeleteUser = "delete_user";
    public const string List = "list";
    public const string Sweep = "sweep";
    public const string Count = "count";
    public const string Clear = "clear";
    public const string Query = "query";
}
