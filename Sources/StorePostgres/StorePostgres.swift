// StorePostgres: the store contract on PostgreSQL, through libpq. A bounded pool of connections, each
// with a thread of its own, so that no event loop and no task ever waits for a socket here. The
// tenant is set in every transaction, and row-level security holds the rows of all others back.
// It holds no SQL of its own beyond transactions, rights and the catalogue.
