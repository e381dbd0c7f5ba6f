-- What tenants and their users may start in a minute, where the operator limits it.

-- What each has started and is put off to. Unlogged: a crash forgets at most a minute's starts. Empty where no quota is
-- configured.
create unlogged table quota_bucket (
  tenant_id integer not null,
  -- Null: the tenant as a whole.
  user_id text,
  -- What was started in which second, since the epoch; only seconds in which something was.
  seconds bigint[] not null default '{}',
  requests integer[] not null default '{}',
  tokens bigint[] not null default '{}',
  -- Microseconds since the epoch up to which starts are given away: to jobs put off for the first time, to those put off
  -- again, to interactive ones.
  far bigint not null default 0,
  near bigint not null default 0,
  front bigint not null default 0,
  -- What ended calls took, and were estimated at, and nobody has taken into account yet.
  settled_actual bigint not null default 0,
  settled_estimate bigint not null default 0,
  -- Of these, fading: how the estimates are to be read.
  learnt_actual double precision not null default 0,
  learnt_estimate double precision not null default 0,
  touched_at timestamptz not null default now(),
  unique nulls not distinct (tenant_id, user_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Null: no quota has met the job. Below zero: it waits for its user's quota, -1 for the first time, -2 again. Else the
-- number of the call for which it was counted: one more than `attempts`, and there is no need to count it.
alter table job add column quota_mark integer;

-- Who of this user waits next? Without quotas it is empty.
create index job_quota_waits on job (tenant_id, user_id, parked_until) where state = 'queued' and quota_mark < 0;
