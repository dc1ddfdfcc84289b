// The store contract on PostgreSQL, through libpq.
