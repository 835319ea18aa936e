-- Times are unix milliseconds and 0 is the zero time: one representation in every backend, no time zone, no conversion.
-- Times that lists are ordered by (created_at, linked_at, but of secrets) may be any, also 1970; there the zero time is
-- the number that it has.
-- Days are such times divided by 86400000. What people choose is looked up by its bytes, so its keys are bytea: no
-- collation, the same order in every engine. Ids are made by the caller (UUIDv7), and the zero uuid is the root scope.

CREATE SEQUENCE account_number START 1;

CREATE TABLE accounts (
  id uuid PRIMARY KEY,
  number bigint NOT NULL DEFAULT nextval('account_number'),
  parent uuid NOT NULL,                       -- never NULL: that would switch uniqueness off
  email text NOT NULL,
  email_key bytea,                            -- these two are NULL when there is none
  username text NOT NULL,
  username_key bytea,
  name text NOT NULL,
  locale text NOT NULL,
  role text NOT NULL,
  status text NOT NULL,
  house boolean NOT NULL,
  public_key text NOT NULL,
  password text NOT NULL,
  password_changed_at bigint NOT NULL,
  password_temporary boolean NOT NULL,
  password_history text[] NOT NULL,
  verified_at bigint NOT NULL,
  proven_at bigint NOT NULL,
  metadata bytea NOT NULL,                    -- JSON of the host's own, kept byte by byte
  factors bigint NOT NULL,                    -- kinds of its confirmed factors, so that checking a session joins none
  key_master text NOT NULL,
  key_version bigint NOT NULL,
  epoch bigint NOT NULL DEFAULT 1,
  version bigint NOT NULL DEFAULT 1,
  organization_owner uuid NOT NULL,
  organization jsonb,                         -- on an owner only; read whole, written whole
  must_verify boolean NOT NULL,               -- of organization, so that checking a session does not unpack it
  must_factor boolean NOT NULL,
  orphans boolean NOT NULL DEFAULT false,     -- a deleted parent whose children are still to be erased; one of those meanwhile
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  last_sign_in bigint NOT NULL DEFAULT 0,
  active_day bigint NOT NULL DEFAULT 0,       -- day of last_sign_in: an index on the latter would end HOT updates
  sessions bigint NOT NULL DEFAULT 0,         -- made in this epoch, or when last counted live: never fewer than are live
  CONSTRAINT account_number_key UNIQUE (number),
  CONSTRAINT account_email UNIQUE (parent, email_key),
  CONSTRAINT account_username UNIQUE (parent, username_key),
  CONSTRAINT account_public_key UNIQUE (public_key)
) WITH (fillfactor = 80);
CREATE INDEX account_created ON accounts (parent, created_at, id) WHERE status <> 'deleted';
CREATE INDEX account_role ON accounts (parent, role, created_at, id) WHERE status <> 'deleted';
CREATE INDEX account_disabled ON accounts (parent, created_at, id) WHERE status = 'disabled';
CREATE INDEX account_admin ON accounts (parent, id) WHERE role = 'admin' AND status = 'active';
CREATE INDEX account_active ON accounts (parent, active_day);
CREATE INDEX account_stray ON accounts (email_key) WHERE parent <> '00000000-0000-0000-0000-000000000000';
CREATE INDEX account_orphans ON accounts (id) WHERE orphans;

-- What organizations are to issuers, where they do not share it.
CREATE TABLE clients (
  issuer text NOT NULL,
  client_id text NOT NULL,
  owner uuid NOT NULL,
  CONSTRAINT client_key PRIMARY KEY (issuer, client_id)
);
CREATE INDEX client_owner ON clients (owner);

-- Who accounts are to other issuers.
CREATE TABLE identities (
  scope uuid NOT NULL,                        -- the account's parent, which never changes: unique without a join
  issuer text NOT NULL,
  subject text NOT NULL,
  account uuid NOT NULL,
  email text NOT NULL,
  linked_at bigint NOT NULL,
  used_at bigint NOT NULL,
  CONSTRAINT identity_key PRIMARY KEY (scope, issuer, subject)
) WITH (fillfactor = 90);
CREATE INDEX identity_account ON identities (account);

-- A factor is written under the lock of its account's row, which is taken first.
CREATE TABLE factors (
  account uuid NOT NULL,
  id uuid NOT NULL,
  scope uuid NOT NULL,                        -- the account's parent
  kind text NOT NULL,
  label text NOT NULL,
  sealed bytea NOT NULL,
  credential bytea,                           -- NULL: none
  counter bigint NOT NULL,
  created_at bigint NOT NULL,
  used_at bigint NOT NULL,
  pending_until bigint NOT NULL,              -- 0: confirmed
  PRIMARY KEY (account, id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX factor_credential ON factors (scope, credential) WHERE credential IS NOT NULL;
CREATE INDEX factor_pending ON factors (pending_until) WHERE pending_until > 0;

-- What served once.
CREATE TABLE once (
  digest bytea PRIMARY KEY,
  until bigint NOT NULL
);
CREATE INDEX once_sweep ON once (until);

-- One narrow hot row per parent.
CREATE TABLE credits (
  owner uuid PRIMARY KEY,
  balance bigint NOT NULL CHECK (balance >= 0),
  granted bigint NOT NULL DEFAULT 0,
  used bigint NOT NULL DEFAULT 0,
  free_users bigint NOT NULL DEFAULT 0,
  children bigint NOT NULL DEFAULT 0,
  sign_ins bigint NOT NULL DEFAULT 0,
  sign_ups bigint NOT NULL DEFAULT 0,
  verifications bigint NOT NULL DEFAULT 0,
  socials bigint NOT NULL DEFAULT 0,
  retained bigint NOT NULL DEFAULT 0,
  closed_month bigint NOT NULL,               -- year*12 + month-1
  closed_used bigint NOT NULL DEFAULT 0,
  latest_month bigint NOT NULL DEFAULT 0      -- of the newest entry but for retention; moves once a month
) WITH (fillfactor = 50);
CREATE INDEX credits_due ON credits (closed_month, owner);
CREATE INDEX credits_latest ON credits (latest_month);

-- Append-only; ids only, no personal data; outlives accounts.
CREATE TABLE ledger (
  owner uuid NOT NULL,
  id uuid NOT NULL,
  key text NOT NULL,
  op text NOT NULL,
  amount bigint NOT NULL,
  balance bigint NOT NULL,
  subject uuid NOT NULL,
  refunds text,
  package jsonb,
  payment bytea,                              -- transaction id of the package, by its bytes
  at bigint NOT NULL,
  PRIMARY KEY (owner, id),
  CONSTRAINT ledger_key UNIQUE (owner, key)
);
CREATE UNIQUE INDEX ledger_refund ON ledger (owner, refunds) WHERE refunds IS NOT NULL;
CREATE UNIQUE INDEX ledger_payment ON ledger (payment) WHERE payment IS NOT NULL;
CREATE INDEX ledger_op ON ledger (owner, op, id, amount); -- the amount for sums by day

CREATE TABLE months (
  owner uuid NOT NULL,
  month bigint NOT NULL,
  users bigint NOT NULL,
  free_users bigint NOT NULL,
  retention bigint NOT NULL,
  operations bigint NOT NULL,
  credits bigint NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (owner, month)
);

CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  account uuid NOT NULL,
  epoch bigint NOT NULL,
  audience text NOT NULL,
  key_id text NOT NULL,
  generation bigint NOT NULL,
  rotated_at bigint NOT NULL,
  network text NOT NULL,
  agent bytea NOT NULL,                       -- as the client sent it, which need not be text
  created_at bigint NOT NULL,
  seen_at bigint NOT NULL,
  proved_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  refresh_until bigint NOT NULL,
  ended_at bigint NOT NULL DEFAULT 0,
  reused boolean NOT NULL DEFAULT false,      -- ended because an old refresh token came back
  end_day bigint NOT NULL                     -- day after which nothing of it is good: an exact index would end HOT updates
) WITH (fillfactor = 80);
CREATE INDEX session_account ON sessions (account, created_at, id);
CREATE INDEX session_sweep ON sessions (end_day);

CREATE TABLE secrets (
  account uuid NOT NULL,
  digest bytea NOT NULL,
  purpose text NOT NULL,
  address bytea NOT NULL,
  asker bytea,                                -- NULL: nobody
  mail uuid,                                  -- NULL: none
  tries bigint NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  used_at bigint NOT NULL,
  PRIMARY KEY (account, digest)               -- two accounts may draw the same code
);
CREATE INDEX secret_digest ON secrets (digest);
CREATE INDEX secret_sweep ON secrets (expires_at);
CREATE INDEX secret_spent ON secrets (used_at) WHERE expires_at = 0;

CREATE TABLE attempts (
  key bytea PRIMARY KEY,
  n bigint NOT NULL,
  until bigint NOT NULL,
  expires bigint NOT NULL,
  at bigint NOT NULL,
  held bigint NOT NULL,
  held_until bigint NOT NULL,
  dead_day bigint NOT NULL,                   -- when it may be swept
  fence bigint NOT NULL,                      -- one more with each write; 0: the writer had read something else
  CONSTRAINT attempts_raced CHECK (fence > 0)
) WITH (fillfactor = 50);
CREATE INDEX attempts_sweep ON attempts (dead_day);

-- Networks that an account is recognised in, and pardons.
CREATE TABLE marks (
  key bytea PRIMARY KEY,
  owner uuid NOT NULL,                        -- of a network
  at bigint NOT NULL,                         -- of a pardon; 0: it is a network
  until bigint NOT NULL
);
CREATE INDEX marks_sweep ON marks (until);

CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  lookup jsonb NOT NULL,
  address text NOT NULL,
  args jsonb NOT NULL,
  tries bigint NOT NULL DEFAULT 0,
  due_at bigint NOT NULL,
  failure text                                -- why the last try failed, while it waits for another one
);
CREATE INDEX outbox_due ON outbox (due_at, id);
CREATE INDEX outbox_failed ON outbox (due_at, id) WHERE failure IS NOT NULL;

-- The log. Erasing an account empties network, detail and salt; nothing else is ever changed.
CREATE TABLE events (
  id uuid PRIMARY KEY,                        -- UUIDv7 of the moment: the order of ids is the order of the log
  at bigint NOT NULL,
  name text NOT NULL,
  scope uuid NOT NULL,
  account uuid,                               -- from here on NULL is what is zero or empty; of count, one
  by uuid,
  session text,
  audience text,
  method text,
  code text,
  credits bigint,
  count bigint,
  network text,
  detail text,
  salt bytea,
  commitment bytea,
  operator text
);
CREATE INDEX event_scope ON events (scope, id);
CREATE INDEX event_account ON events (account, id);

-- How far the log was swept of what goes soon: no such event has this id or a smaller one. Whoever adds one there lowers
-- it. An index of those events would cost each sign-in more.
CREATE TABLE swept (
  routine uuid NOT NULL
);
INSERT INTO swept (routine) VALUES ('00000000-0000-0000-0000-000000000000');
