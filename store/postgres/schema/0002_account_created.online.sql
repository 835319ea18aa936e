-- Version 2. Lists of the accounts that were made between two dates, from the index alone. The index may be there
-- already, unfinished, when this was broken off before.
DROP INDEX CONCURRENTLY IF EXISTS account_created_id;
CREATE INDEX CONCURRENTLY account_created_id ON accounts (parent, created_at, id) WHERE status <> 'deleted';
DROP INDEX CONCURRENTLY IF EXISTS account_created;
