// StoreSQLite: the store contract on SQLite, through GRDB's DatabasePool. One writer connection with
// group commit, readers that cannot write, WAL with synchronous=FULL. One process per file.
// It holds no SQL of its own beyond pragmas and transactions; tenants are kept apart by keys alone.
