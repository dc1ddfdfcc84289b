-- SQLite enters tickets into its search index many at a time; here there is nothing to change.
SELECT 1;
