namespace Sact.Session.StoreContract;

internal static class ModelCases
{
    public static IReadOnlyList<StoreContractCase> All { get; } =
    [
        new(
            "Model",
            RandomCommandsAgree,
            "Under random commands the store does what a plain model of the contract does.",
            ["G1", "G4", "G5", "G7"]),
    ];

    private static async Task RandomCommandsAgree(CaseRun run)
    {
        for (ulong seed = 1; seed <= 4; seed++)
        {
            await StoreContractModel.RunAsync(run.Subject, seed, 400, run.Token);
        }
    }
}
