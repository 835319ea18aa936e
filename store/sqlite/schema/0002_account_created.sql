-- Version 2. Lists of the accounts that were made between two dates: version 1 walks over all of a parent's accounts to
-- find them, which takes longer the more there are.
CREATE INDEX account_created ON accounts (parent, created_at, id) WHERE status <> 'deleted';
