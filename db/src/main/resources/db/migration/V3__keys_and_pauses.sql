-- Keys get a name to call them by, and tenants can be paused by the operator.

alter table api_key
  add column id integer generated always as identity unique,
  add column label text,
  -- Whether MILLRACE_API_KEYS brought it: a key of the environment is entered anew at each start, unless it was revoked.
  add column from_environment boolean not null default false,
  -- To the hour: a key in use is not written at each request.
  add column last_used_at timestamptz;

update api_key set from_environment = true, hint = '…' where hint = 'bootstrap';

-- When a tenant was paused, and until when; the one row without an end is the pause that lasts. Past pauses are kept
-- for the deadlines that they put off.
create table tenant_pause (
  tenant_id integer not null references tenant,
  paused_at timestamptz not null,
  resumed_at timestamptz check (resumed_at >= paused_at),
  primary key (tenant_id, paused_at)
);
create unique index tenant_paused on tenant_pause (tenant_id) where resumed_at is null;

-- Up to when the pauses of its tenant have been added to the job's defaulted expires_at; null: none yet.
alter table job add column pauses_counted_to timestamptz;

-- How long that tenant was paused since that moment.
create function paused_for(tenant integer, since timestamptz) returns interval language sql stable as $$
  select coalesce(sum(coalesce(resumed_at, now()) - greatest(paused_at, since)), interval '0')
  from tenant_pause
  where tenant_id = tenant and coalesce(resumed_at, now()) > since
$$;
