// Plain values that every layer shares: instants, civil dates, money, identifiers. No I/O, no wire format, no SQL.
