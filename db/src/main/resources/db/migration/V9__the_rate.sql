-- The rate that all workers share, and the pauses of pools.

-- What is known of each pool's buckets. Arrays hold requests, input tokens, output tokens, in this order; an element
-- without a limit is null. Unlogged: a draw costs no fsync, and after a crash the table is empty, which is the careful
-- beginning: a pool without a row starts with empty buckets.
create unlogged table rate_pool (
  pool text primary key,
  -- Of the last draw, by this server's clock; never goes back.
  at timestamptz not null,
  -- Per minute: the limit in force, the smaller of what is configured and what the provider's headers told.
  limits bigint[] not null,
  told bigint[] not null,
  -- Whether any reply was seen: until then nobody knows which limits there are.
  heard boolean not null,
  -- Used and not yet refilled; a job may start while deficit and job fit into the burst.
  deficit double precision[] not null,
  burst double precision[] not null,
  -- The burst at which a 429 came: the present one stays below.
  burst_cap double precision[] not null,
  burst_grown_at timestamptz not null,
  -- Per second, used by others on the account.
  others double precision[] not null,
  -- What an average job takes, and how many started in a second.
  typical double precision[] not null,
  starts double precision not null,
  -- Nothing starts until then; why: a dimension, rate_limited, ramp_limit_exceeded, circuit_open, or a probe under way.
  blocked_until timestamptz,
  blocked_by text,
  -- Set while, after a block, one call has to go ahead of the others: when the block ends.
  probes_from timestamptz,
  -- When the last pause ended: the rate climbs from here.
  climbs_from timestamptz,
  -- What the first in line waits for: requests, input_tokens, output_tokens, concurrent_calls; null: nobody waits.
  waits_for text,
  draws bigint not null default 0
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What one worker wants of a pool and has under way, as of its last draw.
create unlogged table rate_share (
  pool text not null,
  worker_id uuid not null,
  at timestamptz not null,
  calls integer not null,
  -- Jobs that wait, by lane; and the first of them, in order.
  waiting integer[] not null,
  line_rank integer[] not null,
  line_turn bigint[] not null,
  line_input bigint[] not null,
  line_output bigint[] not null,
  -- Output tokens that the calls under way are expected to produce within each of the horizons.
  forecast double precision[] not null,
  primary key (pool, worker_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- When a pool was paused, and until when: by an operator, or because the account, not a job, is refused (platform).
-- Past pauses are kept for the deadlines that they put off.
create table pool_pause (
  id bigint generated always as identity primary key,
  pool text not null,
  kind text not null check (kind in ('manual', 'platform')),
  -- manual: the operator's words; platform: a failure code.
  reason text not null,
  paused_at timestamptz not null default now(),
  resumed_at timestamptz check (resumed_at >= paused_at),
  -- Platform only: when one job may try again, and how long after a failure the next may.
  probe_at timestamptz,
  probe_delay_ms integer,
  check ((kind = 'platform') = (probe_at is not null and probe_delay_ms is not null))
);
create unique index pool_paused on pool_pause (pool, kind) where resumed_at is null;
create index pool_pause_past on pool_pause (pool, resumed_at);
