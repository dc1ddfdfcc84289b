-- How many mails gave up is looked at every few seconds, over all tenants.
CREATE INDEX mails_failed ON mails (tenant, id) WHERE state = 'failed';
