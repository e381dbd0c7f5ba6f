-- The one record of truth, and the order of the queue.
--
-- `job` is narrow and hot: at most three updates in a usual life (released, claimed, finished). What is written once
-- (request, result, attempt, cost) stands apart, range-partitioned by the job's time-ordered id, and goes by partition.
-- There are no foreign keys on the hot path: a key check locks the referenced row once per insert, and every such
-- row (the tenant) would be the same one.

create type job_state as enum ('queued', 'running', 'succeeded', 'failed', 'canceled', 'expired');
create type job_lane as enum ('interactive', 'standard', 'bulk');

create table tenant (
  id integer generated always as identity primary key,
  name text not null unique check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  created_at timestamptz not null default now()
);

-- Keys are kept as SHA-256 only: they are long random strings, so that a slow hash would add nothing.
create table api_key (
  hash bytea primary key check (length(hash) = 32),
  tenant_id integer not null references tenant,
  role text not null check (role in ('tenant', 'operator')),
  hint text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

-- One process of the worker service. A lease belongs to the incarnation, not to the job.
create table worker (
  id uuid primary key,
  name text not null,
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now(),
  slots integer not null,
  in_flight integer not null default 0,
  stopping boolean not null default false,
  lost_at timestamptz
);

create table job (
  id uuid primary key,
  tenant_id integer not null,
  state job_state not null,
  lane job_lane not null,
  pool text not null,
  model text not null,
  created_at timestamptz not null,
  -- Not before: run_at at first, later the end of a retry's or a snooze's delay.
  due_at timestamptz not null,
  expires_at timestamptz not null,
  expires_defaulted boolean not null,
  -- Null: ready for the dispatcher. Else the time at which the dispatcher looks at the job again: for a released job the
  -- time by which its record must have been taken, for any other its due_at.
  parked_until timestamptz,
  released_at timestamptz,
  -- Counts claims and never goes back: the only fence.
  claim_no integer not null default 0,
  worker_id uuid,
  -- Whether the claim that holds the job may have sent a call whose attempt row is not written yet.
  sending boolean not null default false,
  sending_since timestamptz,
  series smallint not null default 1,
  -- All calls of the job; and those of this series that count towards max_attempts.
  attempts integer not null default 0,
  counted_attempts integer not null default 0,
  max_attempts smallint not null,
  timeout_seconds integer not null,
  retry_ambiguous boolean not null,
  params_bytes integer not null,
  estimated_input integer not null,
  max_output integer not null,
  started_at timestamptz,
  finished_at timestamptz,
  cancel_requested_at timestamptz,
  failure_code text,
  custom_id text,
  user_id text,
  feature text,
  batch_id uuid,
  constraint finished_is_dated check ((finished_at is not null) = (state in ('succeeded', 'failed', 'canceled', 'expired'))),
  constraint running_is_held check ((worker_id is not null) = (state = 'running')),
  constraint only_running_sends check (not sending or state = 'running'),
  constraint only_queued_is_parked check (parked_until is null or state = 'queued'),
  constraint only_queued_is_released check (released_at is null or (state = 'queued' and parked_until is not null)),
  constraint failed_has_code check ((failure_code is not null) = (state = 'failed')),
  constraint attempts_are_counted check (counted_attempts <= attempts)
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0.05);

-- The four partial indexes, one for each question that a loop asks.
-- Which of the ready jobs goes next?
create index job_ready on job (pool, lane, tenant_id, expires_at, id) where state = 'queued' and parked_until is null;
-- Which jobs have waited out their time or lost their record; how many are released and not yet claimed?
create index job_parked on job ((released_at is not null), parked_until) where state = 'queued' and parked_until is not null;
-- What does this worker hold?
create index job_running on job (worker_id) where state = 'running';
-- Whose deadline has passed?
create index job_expiring on job (expires_at) where state in ('queued', 'running');

-- Listing, newest first, within a tenant.
create index job_by_tenant on job (tenant_id, id);

create table idempotency_key (
  tenant_id integer not null,
  path text not null,
  key text not null,
  body_hash bytea not null check (length(body_hash) = 32),
  job_id uuid not null,
  created_at timestamptz not null,
  primary key (tenant_id, path, key)
);
create index idempotency_key_age on idempotency_key (created_at);

create table request (
  job_id uuid not null,
  params bytea not null,
  anthropic_version text not null,
  anthropic_beta text[],
  fallback_models text[],
  metadata json,
  webhook_url text,
  run_at timestamptz,
  primary key (job_id)
) partition by range (job_id);

-- One outcome per job and attempt series. Canceled and expired jobs have no body, and no row.
create table result (
  job_id uuid not null,
  series smallint not null,
  type text not null check (type in ('succeeded', 'errored')),
  body bytea not null,
  primary key (job_id, series)
) partition by range (job_id);

-- One row per call that was, or may have been, sent.
create table attempt (
  job_id uuid not null,
  no integer not null,
  series smallint not null,
  claim_no integer not null,
  worker_id uuid not null,
  model text not null,
  outcome text not null check (outcome in ('succeeded', 'retryable', 'rate_limited', 'ambiguous', 'platform', 'permanent')),
  code text,
  message text,
  http_status integer,
  provider_request_id text,
  started_at timestamptz not null,
  first_byte_at timestamptz,
  finished_at timestamptz not null,
  -- Written by the rescue for a call that it did not see; gives way to what the call's worker saw.
  presumed boolean not null default false,
  -- Whether this attempt's outcome became the job's: an answer that came after its claim was fenced out is paid, not used.
  fenced_out boolean not null default false,
  usage json,
  primary key (job_id, no)
) partition by range (job_id);

-- What a call cost, priced once and never changed: a correction is a further row. Only a suspicion gives way, to the
-- answer that came after all.
create table cost (
  job_id uuid not null,
  attempt_no integer not null,
  entry smallint not null,
  kind text not null check (kind in ('charged', 'suspected', 'correction')),
  tenant_id integer not null,
  lane job_lane not null,
  model text not null,
  user_id text,
  feature text,
  incurred_at timestamptz not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cache_read_tokens bigint not null,
  cache_write_5m_tokens bigint not null,
  cache_write_1h_tokens bigint not null,
  web_searches bigint not null,
  -- Null where the price is not known; never zero for want of a price.
  amount numeric,
  price_version text,
  primary key (job_id, attempt_no, entry)
) partition by range (job_id);

-- Times travel in arrays as microseconds since the epoch.
create function to_time(micros bigint) returns timestamptz language sql immutable strict parallel safe as $$
  select timestamptz 'epoch' + micros * interval '1 microsecond'
$$;

-- The smallest time-ordered id of a moment.
create function id_floor(moment timestamptz) returns uuid language sql immutable strict parallel safe as $$
  select (lpad(to_hex(floor(extract(epoch from moment) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

-- Makes the daily partitions from yesterday to `days` days ahead. Safe to run at any time by anybody; a default
-- partition takes what no other does, so that intake never depends on this having run.
create function make_partitions(days integer) returns integer language plpgsql as $$
declare
  parent text;
  day date;
  name text;
  made integer := 0;
begin
  perform pg_advisory_xact_lock(7305809159410115);
  foreach parent in array array['request', 'result', 'attempt', 'cost'] loop
    if to_regclass(parent || '_other') is null then
      execute format('create table %I partition of %I default', parent || '_other', parent);
    end if;
    for day in select generate_series((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + days, '1 day')::date loop
      name := parent || '_' || to_char(day, 'YYYYMMDD');
      if to_regclass(name) is null then
        begin
          execute format('create table %I partition of %I for values from (%L) to (%L)', name, parent,
            id_floor(day::timestamp at time zone 'UTC'), id_floor((day + 1)::timestamp at time zone 'UTC'));
          made := made + 1;
        exception when check_violation then
          -- The default partition already holds rows of that day: they stay there, and so does the rest of the day.
          raise warning 'partition % cannot be made: % holds rows of that day', name, parent || '_other';
        end;
      end if;
    end loop;
  end loop;
  return made;
end
$$;

select make_partitions(3);
