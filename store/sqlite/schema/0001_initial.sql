-- Version 1. Times are unix milliseconds, NULL where the contract says zero, but for times of creation that lists are
-- ordered by: there the zero time is the number that it has. Ids are BLOBs of 16 bytes: they compare in the order of
-- their text, and take less than half of its room in every index. The parent of a root account is sixteen zero bytes, not NULL: a NULL would switch uniqueness off.

CREATE TABLE accounts (
  number              INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused, also after the highest one is gone
  id                  BLOB    NOT NULL,
  parent              BLOB    NOT NULL,
  stray               INTEGER NOT NULL,                  -- 1: a child that a look-up without key may find
  email               TEXT    NOT NULL,
  email_key           TEXT,                              -- NULL: none
  username            TEXT    NOT NULL,
  username_key        TEXT,
  name                TEXT    NOT NULL,
  locale              TEXT    NOT NULL,
  role                TEXT    NOT NULL,
  status              TEXT    NOT NULL,
  house               INTEGER NOT NULL,
  public_key          TEXT    NOT NULL,
  password            TEXT    NOT NULL,
  password_changed_at INTEGER,
  password_temporary  INTEGER NOT NULL,
  password_history    TEXT,                              -- JSON
  email_verified_at   INTEGER,
  email_proven_at     INTEGER,
  metadata            BLOB,                              -- as the host wrote it, byte by byte
  factors             INTEGER NOT NULL,                  -- bit set of the kinds that are confirmed
  key_master          TEXT    NOT NULL,
  key_version         INTEGER NOT NULL,
  epoch               INTEGER NOT NULL,
  session_count       INTEGER NOT NULL DEFAULT 0,        -- of the epoch, not ended: never too low, set right by whoever must know
  version             INTEGER NOT NULL,
  organization_owner  BLOB,
  organized           INTEGER NOT NULL,                  -- these three tell about its own organization, so that
  must_verify         INTEGER NOT NULL,                  -- Session reads no JSON
  must_factor         INTEGER NOT NULL,
  created_at          INTEGER NOT NULL,
  updated_at          INTEGER,
  last_sign_in        INTEGER,
  last_routine        BLOB,                              -- where the chain of its routine events begins
  active_day          INTEGER                            -- day of last_sign_in: an index that moves once a day
) STRICT;
CREATE UNIQUE INDEX account_id         ON accounts (id);
CREATE UNIQUE INDEX account_public_key ON accounts (public_key);
CREATE UNIQUE INDEX account_email      ON accounts (parent, email_key)      WHERE email_key IS NOT NULL;
CREATE UNIQUE INDEX account_username   ON accounts (parent, username_key)   WHERE username_key IS NOT NULL;
CREATE INDEX account_admin        ON accounts (parent, id)         WHERE role = 'admin' AND status = 'active';
CREATE INDEX account_active       ON accounts (parent, active_day) WHERE active_day IS NOT NULL;
CREATE INDEX account_created      ON accounts (parent, created_at, id) WHERE status <> 'deleted';
CREATE INDEX account_role         ON accounts (parent, role, created_at, id) WHERE status <> 'deleted';
CREATE INDEX account_disabled     ON accounts (parent, created_at, id) WHERE status = 'disabled';
CREATE INDEX account_stray_email  ON accounts (email_key)          WHERE stray = 1 AND email_key IS NOT NULL;

-- Beside the account, because a sign-in rewrites the account's row and this value can be large. JSON.
CREATE TABLE organizations (owner BLOB PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- What organizations are to issuers, where they do not share it.
CREATE TABLE clients (
  issuer    TEXT NOT NULL,
  client_id TEXT NOT NULL,
  owner     BLOB NOT NULL,
  PRIMARY KEY (issuer, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX client_owner ON clients (owner);

CREATE TABLE identities (
  scope     BLOB NOT NULL,                               -- the account's parent
  issuer    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  account   BLOB NOT NULL,
  email     TEXT NOT NULL,
  linked_at INTEGER,
  used_at   INTEGER,
  PRIMARY KEY (scope, issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_account ON identities (account);

CREATE TABLE factors (
  account       BLOB    NOT NULL,
  id            BLOB    NOT NULL,
  scope         BLOB    NOT NULL,                        -- the account's parent
  kind          TEXT    NOT NULL,
  label         TEXT    NOT NULL,
  sealed        BLOB,
  credential    BLOB,
  counter       INTEGER NOT NULL,
  created_at    INTEGER,
  used_at       INTEGER,
  pending_until INTEGER,                                 -- NULL: confirmed
  PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX factor_credential ON factors (scope, credential) WHERE credential IS NOT NULL;
CREATE INDEX        factor_pending    ON factors (pending_until)     WHERE pending_until IS NOT NULL;

-- What served once.
CREATE TABLE once (digest BLOB PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX once_sweep ON once (until);

-- Deleted parents whose children Sweep has still to erase.
CREATE TABLE erasures (parent BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  id            BLOB PRIMARY KEY,
  account       BLOB    NOT NULL,
  epoch         INTEGER NOT NULL,
  audience      TEXT    NOT NULL,
  key_id        TEXT    NOT NULL,
  generation    INTEGER NOT NULL,
  rotated_at    INTEGER,
  network       TEXT    NOT NULL,
  agent         TEXT    NOT NULL,
  created_at    INTEGER NOT NULL,
  seen_at       INTEGER,
  proved_at     INTEGER,
  expires_at    INTEGER,
  refresh_until INTEGER,
  ends_at       INTEGER NOT NULL,                        -- the later of both, or when it was ended
  ended         INTEGER NOT NULL DEFAULT 0               -- 1: revoked, 2: ended by reuse of a refresh token
) STRICT, WITHOUT ROWID;
CREATE INDEX session_account ON sessions (account, epoch, created_at, id) WHERE ended = 0;
CREATE INDEX session_sweep   ON sessions (ends_at);

CREATE TABLE secrets (
  account    BLOB    NOT NULL,
  digest     BLOB    NOT NULL,
  purpose    TEXT    NOT NULL,
  address    TEXT    NOT NULL,
  asker      BLOB,
  mail       BLOB,
  tries      INTEGER NOT NULL,
  created_at INTEGER,
  expires_at INTEGER,
  used_at    INTEGER,
  PRIMARY KEY (account, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX secret_digest ON secrets (digest);
CREATE INDEX secret_sweep  ON secrets (coalesce(expires_at, used_at));

CREATE TABLE attempts (
  key        BLOB PRIMARY KEY,
  n          INTEGER NOT NULL,
  until      INTEGER,
  expires    INTEGER,
  at         INTEGER,
  held       INTEGER NOT NULL,
  held_until INTEGER,
  dead       INTEGER NOT NULL                            -- when it may be swept
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_sweep ON attempts (dead);

-- Of recognised networks, with the account that they are recognised for, and pardons, with their moment.
CREATE TABLE marks (key BLOB PRIMARY KEY, owner BLOB, at INTEGER, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX mark_sweep ON marks (until);

CREATE TABLE balances (
  owner         BLOB PRIMARY KEY,
  credits       INTEGER NOT NULL CHECK (credits >= 0),
  granted       INTEGER NOT NULL,
  used          INTEGER NOT NULL,
  free_users    INTEGER NOT NULL,
  children      INTEGER NOT NULL,
  sign_ins      INTEGER NOT NULL,
  sign_ups      INTEGER NOT NULL,
  verifications INTEGER NOT NULL,
  socials       INTEGER NOT NULL,
  retained      INTEGER NOT NULL,
  closed_month  INTEGER NOT NULL,
  closed_used   INTEGER NOT NULL,
  latest_month  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX balance_due ON balances (closed_month, owner);
CREATE INDEX balance_latest ON balances (latest_month);

CREATE TABLE ledger (
  owner     BLOB    NOT NULL,
  id        BLOB    NOT NULL,
  key       TEXT,                                        -- NULL: 'session:' and the id, which is unique without an index of its own
  operation TEXT    NOT NULL,
  amount    INTEGER NOT NULL,
  balance   INTEGER NOT NULL,
  subject   BLOB,
  refunds   TEXT,
  package   TEXT,                                        -- JSON
  payment   TEXT,                                        -- TransactionID of the package
  at        INTEGER,
  PRIMARY KEY (owner, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ledger_key       ON ledger (owner, key)     WHERE key IS NOT NULL;
CREATE UNIQUE INDEX ledger_refund    ON ledger (owner, refunds) WHERE refunds IS NOT NULL;
CREATE UNIQUE INDEX ledger_payment   ON ledger (payment) WHERE payment IS NOT NULL;
-- Not of sign-ins, which are most: each would write a page of it. They are found among all. The amount is for sums by day.
CREATE INDEX        ledger_operation ON ledger (owner, operation, id, amount) WHERE operation <> 'sign-in';

CREATE TABLE months (
  owner      BLOB    NOT NULL,
  month      INTEGER NOT NULL,
  users      INTEGER NOT NULL,
  free_users INTEGER NOT NULL,
  retention  INTEGER NOT NULL,
  operations INTEGER NOT NULL,
  credits    INTEGER NOT NULL,
  at         INTEGER,
  PRIMARY KEY (owner, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  id      BLOB PRIMARY KEY,
  due_at  INTEGER NOT NULL,
  tries   INTEGER NOT NULL,
  mail    TEXT    NOT NULL,                              -- JSON, the QueuedMail without what stands beside it
  failure TEXT                                           -- why the last try failed, while it waits for another one
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due    ON outbox (due_at, id);
CREATE INDEX outbox_failed ON outbox (due_at, id) WHERE failure IS NOT NULL;

-- The log. Whoever is deleted has no network, no detail and no salt in it. What a sign-in or a refresh tells of its own
-- account is many, and a page of an index for each account would be written with every sign-in. Those events are a chain
-- instead, by falling ids: the account's row, which a sign-in writes anyway, leads to the newest, each to the one before.
CREATE TABLE events (
  id         BLOB PRIMARY KEY,
  at         INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  scope      BLOB    NOT NULL,
  account    BLOB,
  done_by    BLOB,
  session    TEXT,
  audience   TEXT,
  method     TEXT,
  code       TEXT,
  credits    INTEGER NOT NULL,
  count      INTEGER NOT NULL,
  network    TEXT,
  detail     TEXT,
  salt       BLOB,
  commitment BLOB,
  operator   TEXT,
  previous   BLOB                                        -- NULL: not in a chain; zeros: the first of it
) STRICT, WITHOUT ROWID;
CREATE INDEX event_scope   ON events (scope, id);
CREATE INDEX event_account ON events (account, id) WHERE account IS NOT NULL AND previous IS NULL;
CREATE INDEX event_routine ON events (id)          WHERE name IN ('sign_in', 'refreshed');

-- Deleted accounts with so many events that Sweep has still to erase those with ids above after, and the rest of the chain.
CREATE TABLE event_erasures (account BLOB PRIMARY KEY, after BLOB NOT NULL, chain BLOB NOT NULL) STRICT, WITHOUT ROWID;
