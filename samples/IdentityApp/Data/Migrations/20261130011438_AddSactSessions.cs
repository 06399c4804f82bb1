using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace IdentityApp.Data.Migrations
{
    /// <inheritdoc />
    public partial class AddSactSessions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "SactSessions",
                columns: table => new
                {
                    Prefix = table.Column<byte[]>(type: "BLOB", maxLength: 64, nullable: false),
                    KeyPart = table.Column<byte[]>(type: "BLOB", maxLength: 24, nullable: false),
                    UserId = table.Column<byte[]>(type: "BLOB", maxLength: 256, nullable: true),
                    LineageHash = table.Column<byte[]>(type: "BLOB", maxLength: 16, nullable: false),
                    State = table.Column<int>(type: "INTEGER", nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    LastSeenAt = table.Column<long>(type: "INTEGER", nullable: false),
                    ExpiresAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Version = table.Column<long>(type: "INTEGER", nullable: false),
                    Record = table.Column<byte[]>(type: "BLOB", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SactSessions", x => new { x.Prefix, x.KeyPart });
                });

            migrationBuilder.CreateTable(
                name: "SactSessionsLocks",
                columns: table => new
                {
                    Id = table.Column<byte[]>(type: "BLOB", maxLength: 32, nullable: false),
                    UsedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SactSessionsLocks", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_SactSessions_Prefix_CreatedAt",
                table: "SactSessions",
                columns: new[] { "Prefix", "CreatedAt" });

            migrationBuilder.CreateIndex(
                name: "IX_SactSessions_Prefix_ExpiresAt",
                table: "SactSessions",
                columns: new[] { "Prefix", "ExpiresAt" });

            migrationBuilder.CreateIndex(
                name: "IX_SactSessions_Prefix_UserId",
                table: "SactSessions",
                columns: new[] { "Prefix", "UserId" });

            migrationBuilder.CreateIndex(
                name: "IX_SactSessionsLocks_UsedAt",
                table: "SactSessionsLocks",
                column: "UsedAt");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "SactSessions");

            migrationBuilder.DropTable(
                name: "SactSessionsLocks");
        }
    }
}
