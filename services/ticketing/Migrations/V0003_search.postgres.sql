-- Lists of open and closed tickets together, the latest first.
CREATE INDEX tickets_by_age ON tickets (tenant, created, number);
CREATE INDEX tickets_of_account_by_age ON tickets (tenant, account, created, number);
