CREATE TABLE [Orders] (
    [Id] int NOT NULL IDENTITY,
    [Text] nvarchar(max) NOT NULL,
    CONSTRAINT [PK_Orders] PRIMARY KEY ([Id])
);
GO


CREATE TABLE [SactSessions] (
    [Prefix] varbinary(64) NOT NULL,
    [KeyPart] varbinary(24) NOT NULL,
    [UserId] varbinary(256) NULL,
    [LineageHash] varbinary(16) NOT NULL,
    [State] int NOT NULL,
    [CreatedAt] bigint NOT NULL,
    [LastSeenAt] bigint NOT NULL,
    [ExpiresAt] bigint NOT NULL,
    [Version] bigint NOT NULL,
    [Record] varbinary(max) NOT NULL,
    CONSTRAINT [PK_SactSessions] PRIMARY KEY ([Prefix], [KeyPart])
);
GO


CREATE TABLE [SactSessionsLocks] (
    [Id] varbinary(32) NOT NULL,
    [UsedAt] bigint NOT NULL,
    CONSTRAINT [PK_SactSessionsLocks] PRIMARY KEY ([Id])
);
GO


CREATE INDEX [IX_SactSessions_Prefix_CreatedAt] ON [SactSessions] ([Prefix], [CreatedAt]);
GO


CREATE INDEX [IX_SactSessions_Prefix_ExpiresAt] ON [SactSessions] ([Prefix], [ExpiresAt]);
GO


CREATE INDEX [IX_SactSessions_Prefix_UserId] ON [SactSessions] ([Prefix], [UserId]);
GO


CREATE INDEX [IX_SactSessionsLocks_UsedAt] ON [SactSessionsLocks] ([UsedAt]);
GO


