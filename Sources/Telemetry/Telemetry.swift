// Structured logs.
