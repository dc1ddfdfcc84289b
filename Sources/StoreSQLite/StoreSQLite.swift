// The store contract on SQLite, through GRDB.
