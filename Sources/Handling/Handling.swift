// What every handler needs between the wire and its domain: once-only calls, validation, paging, error mapping.
