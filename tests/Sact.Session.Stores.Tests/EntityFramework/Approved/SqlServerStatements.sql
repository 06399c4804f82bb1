
-- The check of the tables, and the number of live sessions
BEGIN TRANSACTION; -- ReadCommitted
-- p0 Binary(64)
-- p1 Binary(24)
-- p2 Int64
-- p3 Int64
-- p4 Int64
-- p5 Binary(16)
-- p6 Binary(8000)
-- p7 Int32
-- p8 Binary(256)
-- p9 Int64
INSERT INTO [SactSessions] ([Prefix], [KeyPart], [CreatedAt], [ExpiresAt], [LastSeenAt], [LineageHash], [Record], [State], [UserId], [Version]) VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9);
-- p0 Binary(32)
-- p1 Int64
INSERT INTO [SactSessionsLocks] ([Id], [UsedAt]) VALUES (@p0, @p1);
-- @otherKey Binary(24)
-- @otherUser Binary(256)
-- @longerUser Binary(256)
-- @row_Prefix Binary(64)
-- @keyPart Binary(24)
-- @userId Binary(256)
SELECT [s].[Record], CASE
    WHEN [s].[KeyPart] = @otherKey OR [s].[Prefix] = 0x636865636B OR ([s].[UserId] = @otherUser AND [s].[UserId] IS NOT NULL) OR ([s].[UserId] = @longerUser AND [s].[UserId] IS NOT NULL) THEN CAST(1 AS bit)
    ELSE CAST(0 AS bit)
END AS [IsConfused]
FROM [SactSessions] AS [s]
WHERE (([s].[Prefix] = @row_Prefix AND ([s].[KeyPart] = @keyPart OR [s].[KeyPart] = @otherKey)) OR ([s].[Prefix] = 0x636865636B AND [s].[KeyPart] = @keyPart)) AND [s].[UserId] = @userId;
-- @prefix Binary(64)
-- @now Int64
SELECT COUNT_BIG(*)
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[ExpiresAt] > @now AND [s].[State] < 3;

-- Read
-- @prefix Binary(64)
-- @keyPart Binary(24)
SELECT TOP(2) [s].[Record]
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[KeyPart] = @keyPart;

-- Sign in without a limit
-- p0 Binary(64)
-- p1 Binary(24)
-- p2 Int64
-- p3 Int64
-- p4 Int64
-- p5 Binary(16)
-- p6 Binary(8000)
-- p7 Int32
-- p8 Binary(256)
-- p9 Int64
INSERT INTO [SactSessions] ([Prefix], [KeyPart], [CreatedAt], [ExpiresAt], [LastSeenAt], [LineageHash], [Record], [State], [UserId], [Version]) VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9);

-- Begin anonymously
-- p0 Binary(64)
-- p1 Binary(24)
-- p2 Int64
-- p3 Int64
-- p4 Int64
-- p5 Binary(16)
-- p6 Binary(8000)
-- p7 Int32
-- p8 Binary(256)
-- p9 Int64
INSERT INTO [SactSessions] ([Prefix], [KeyPart], [CreatedAt], [ExpiresAt], [LastSeenAt], [LineageHash], [Record], [State], [UserId], [Version]) VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9);

-- Sign in under a limit, for the first time
BEGIN TRANSACTION; -- ReadCommitted
-- @p Int64
-- @id Binary(32)
UPDATE [s]
SET [s].[UsedAt] = @p
FROM [SactSessionsLocks] AS [s]
WHERE [s].[Id] = @id;
-- p0 Binary(32)
-- p1 Int64
INSERT INTO [SactSessionsLocks] ([Id], [UsedAt]) VALUES (@p0, @p1);
-- @prefix Binary(64)
-- @userId Binary(256)
-- @now Int64
SELECT [s].[KeyPart]
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[UserId] = @userId AND [s].[ExpiresAt] > @now;
-- p0 Binary(64)
-- p1 Binary(24)
-- p2 Int64
-- p3 Int64
-- p4 Int64
-- p5 Binary(16)
-- p6 Binary(8000)
-- p7 Int32
-- p8 Binary(256)
-- p9 Int64
INSERT INTO [SactSessions] ([Prefix], [KeyPart], [CreatedAt], [ExpiresAt], [LastSeenAt], [LineageHash], [Record], [State], [UserId], [Version]) VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9);
COMMIT;

-- Change
-- @p Int32
-- @p6 Int64
-- @p7 Int64
-- @p8 Int64
-- @p9 Binary(8000)
-- @prefix Binary(64)
-- @keyPart Binary(24)
-- @expected_Version Int64
-- @lineage Binary(16)
-- @before Binary(8000)
UPDATE [s]
SET [s].[State] = @p,
    [s].[LastSeenAt] = @p6,
    [s].[ExpiresAt] = @p7,
    [s].[Version] = @p8,
    [s].[Record] = @p9
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[KeyPart] = @keyPart AND [s].[Version] = @expected_Version AND [s].[LineageHash] = @lineage AND [s].[Record] = @before;

-- List
-- @prefix Binary(64)
-- @userId Binary(256)
SELECT [s].[KeyPart], [s].[Record]
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[UserId] = @userId;

-- Sign out
-- @prefix Binary(64)
-- @keyPart Binary(24)
-- @lineage Binary(16)
SELECT TOP(2) [s].[Version], [s].[Record]
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[KeyPart] = @keyPart AND [s].[LineageHash] = @lineage AND [s].[State] <> 3;
-- @p5 Int32
-- @p6 Int64
-- @p7 Int64
-- @p8 Binary(8000)
-- @prefix Binary(64)
-- @keyPart Binary(24)
-- @lineage Binary(16)
-- @version Int64
UPDATE [s]
SET [s].[UserId] = NULL,
    [s].[State] = @p5,
    [s].[ExpiresAt] = @p6,
    [s].[Version] = @p7,
    [s].[Record] = @p8
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[KeyPart] = @keyPart AND [s].[LineageHash] = @lineage AND [s].[Version] = @version AND [s].[State] <> 3;

-- Sign out everywhere
-- @prefix Binary(64)
-- @userId Binary(256)
SELECT [s].[KeyPart], [s].[Record]
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[UserId] = @userId;
-- @p5 Int32
-- @p6 Int64
-- @p7 Int64
-- @p8 Binary(8000)
-- @prefix Binary(64)
-- @keyPart Binary(24)
-- @userId Binary(256)
-- @now Int64
UPDATE [s]
SET [s].[UserId] = NULL,
    [s].[State] = @p5,
    [s].[ExpiresAt] = @p6,
    [s].[Version] = @p7,
    [s].[Record] = @p8
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[KeyPart] = @keyPart AND [s].[UserId] = @userId AND [s].[ExpiresAt] > @now;

-- End all
-- @prefix Binary(64)
-- @now Int64
DELETE FROM [s]
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[ExpiresAt] > @now AND [s].[State] < 3;
-- @prefix Binary(64)
-- @now Int64
DELETE FROM [s]
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND ([s].[ExpiresAt] <= @now OR [s].[State] >= 3) AND ([s].[State] <> 4 OR [s].[UserId] IS NOT NULL);

-- Find the newest sessions, for an administrator
-- @p Int32
-- @now Int64
-- @state Int32
-- @seenFrom Int64
-- @seenBefore Int64
-- @prefix Binary(64)
-- @from Int64
-- @createdAt Int64
-- @keyPart Binary(24)
SELECT TOP(@p) [s].[KeyPart], [s].[CreatedAt], CASE
    WHEN [s].[ExpiresAt] > @now AND [s].[State] < 3 AND [s].[State] = @state AND [s].[LastSeenAt] >= @seenFrom AND [s].[LastSeenAt] < @seenBefore THEN [s].[Record]
END AS [Record]
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[CreatedAt] >= @from AND [s].[CreatedAt] <= @createdAt AND ([s].[CreatedAt] < @createdAt OR [s].[KeyPart] < @keyPart)
ORDER BY [s].[CreatedAt] DESC, [s].[KeyPart] DESC;

-- Count by state, for an administrator
-- @prefix Binary(64)
-- @now Int64
SELECT [s].[State], COUNT_BIG(*) AS [Count]
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[ExpiresAt] > @now
GROUP BY [s].[State];

-- Clean up
-- @p Int32
-- @prefix Binary(64)
-- @deadline Int64
SELECT TOP(@p) [s].[KeyPart], GETUTCDATE() AS [ServerNow]
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[ExpiresAt] <= @deadline
ORDER BY [s].[ExpiresAt];
-- @p Int32
-- @until Int64
SELECT TOP(@p) [s].[Id]
FROM [SactSessionsLocks] AS [s]
WHERE [s].[UsedAt] <= @until
ORDER BY [s].[UsedAt];
-- @unused1 Binary(32)
-- @until Int64
DELETE FROM [s]
FROM [SactSessionsLocks] AS [s]
WHERE [s].[Id] = @unused1 AND [s].[UsedAt] <= @until;
-- @prefix Binary(64)
-- @expired1 Binary(24)
-- @deadline Int64
DELETE FROM [s]
FROM [SactSessions] AS [s]
WHERE [s].[Prefix] = @prefix AND [s].[KeyPart] = @expired1 AND [s].[ExpiresAt] <= @deadline;
