-- Words have been looked for in an index since V0003_search.
SELECT 1;
