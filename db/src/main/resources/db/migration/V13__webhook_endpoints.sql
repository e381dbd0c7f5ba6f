-- Where a tenant wants its events sent, and what the messages are signed with.

create table webhook_endpoint (
  id uuid primary key,
  tenant_id integer not null references tenant,
  url text not null,
  description text,
  event_types text[] not null check (cardinality(event_types) > 0),
  -- Null: of all features.
  features text[],
  include_batch_items boolean not null default false,
  signing text not null default 'hmac' check (signing in ('hmac', 'ed25519')),
  state text not null default 'active' check (state in ('active', 'paused', 'disabled')),
  -- Why Millrace disabled it: 'gone' (it answered 410) or 'failing' (nothing but failures for days).
  disabled_reason text check (disabled_reason in ('gone', 'failing')),
  state_since timestamptz not null default now(),
  -- The first failure since the last success.
  failing_since timestamptz,
  last_success_at timestamptz,
  created_at timestamptz not null default now(),
  constraint disabled_has_reason check ((disabled_reason is not null) = (state = 'disabled'))
);
create index webhook_endpoint_by_tenant on webhook_endpoint (tenant_id, id);

-- Secrets of endpoints, and those of tenants (without an endpoint) for the URLs that single jobs name. The one without
-- an end is current; one that was rotated out still signs beside it until its end.
create table webhook_secret (
  id integer generated always as identity primary key,
  tenant_id integer not null references tenant,
  endpoint_id uuid references webhook_endpoint on delete cascade,
  signing text not null check (signing in ('hmac', 'ed25519')),
  -- The key itself (of ed25519 the private seed), in clear or as sealed bytes where encryption at rest is on.
  secret bytea not null,
  created_at timestamptz not null default now(),
  ends_at timestamptz
);
create unique index webhook_secret_current on webhook_secret (tenant_id, endpoint_id) nulls not distinct where ends_at is null;
create index webhook_secret_of_endpoint on webhook_secret (endpoint_id) where endpoint_id is not null;
