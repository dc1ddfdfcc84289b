-- Resolved tickets that wait to be closed (F-14): few beside all that there ever were.
CREATE INDEX tickets_resolved ON tickets (tenant, number) WHERE state = 'resolved';
