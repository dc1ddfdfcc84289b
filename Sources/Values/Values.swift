// Values: what every layer may name. Instants, civil dates, money, identifiers.
// No I/O, no wire format, no SQL: a domain file may import this module and Foundation, nothing else.
