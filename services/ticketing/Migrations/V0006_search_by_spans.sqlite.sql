-- PostgreSQL searches span by span of ticket numbers, the newest first; here there is nothing to change.
SELECT 1;
