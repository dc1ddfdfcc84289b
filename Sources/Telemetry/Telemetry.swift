// Telemetry: how a process speaks to its operator. Log handlers for swift-log, one line a record, JSON for
// machines and a readable form for terminals.
// What a log line never holds: tokens, cookies, metadata values, message bodies, or a control character.
