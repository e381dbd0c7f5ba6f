-- Batches of jobs: what a caller submitted in one request, and asks after as one.
--
-- Each item is a job with `batch_id`. `batch` is written once, and then only by the fold, which adds up what items came
-- to and ends the batch: no transaction that ends an item waits for another's row.

create table batch (
  id uuid primary key,
  tenant_id integer not null,
  -- How items may go: by provider batch, by the live queue, or by whichever the deadline allows.
  backend text not null check (backend in ('batch', 'queue', 'auto')),
  lane job_lane not null,
  feature text,
  anthropic_version text not null,
  anthropic_beta text[],
  items integer not null check (items > 0),
  bytes bigint not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  cancel_initiated_at timestamptz,
  ended_at timestamptz,
  -- Since when its results are gone, as with their age.
  archived_at timestamptz,
  -- Deleted by its caller; its jobs go in portions, then the row.
  deleted_at timestamptz,
  -- Summed by the fold. An item that is replayed after its batch ended is open again; the batch stays ended.
  succeeded integer not null default 0,
  errored integer not null default 0,
  canceled integer not null default 0,
  expired integer not null default 0,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  cache_read_tokens bigint not null default 0,
  cache_write_5m_tokens bigint not null default 0,
  cache_write_1h_tokens bigint not null default 0,
  web_searches bigint not null default 0,
  amount numeric not null default 0,
  unpriced_calls bigint not null default 0,
  suspected numeric not null default 0,
  unpriced_suspected_calls bigint not null default 0,
  -- How many end in a second of late: each counts less the longer ago it was.
  pace double precision not null default 0,
  pace_at timestamptz not null default now()
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Listing, newest first.
create index batch_by_tenant on batch (tenant_id, id) where deleted_at is null;
-- Which are not over: few, however many there have been.
create index batch_open on batch (id) where ended_at is null;
create index batch_deleted on batch (id) where deleted_at is not null;
create index batch_not_archived on batch (id) where archived_at is null;

alter table job
  -- Until when the job may go by a provider batch. While it lies ahead a queued job is parked until then at least, so
  -- that the dispatcher does not see it. Null: it goes by the live queue.
  add column batch_until timestamptz;

-- The items of a batch that wait, for the gathering and for the cancel; those that are held, for the cancel; and those
-- that ended, in the order of their ends, for results. One entry each for jobs of batches, none for others.
create index job_of_batch_queued on job (batch_id, id) where batch_id is not null and state = 'queued';
create index job_of_batch_held on job (batch_id, id)
  where batch_id is not null and worker_id is not null and cancel_requested_at is null;
create index job_of_batch_ended on job (batch_id, finished_at, id) where batch_id is not null and finished_at is not null;

-- What a call of an item cost is summed for its batch too.
alter table cost add column batch_id uuid;

-- What came to a batch since the last fold: an item that ended or, less one, is open again; and what calls cost.
create table batch_tally (
  no bigint generated always as identity primary key,
  batch_id uuid not null,
  succeeded integer not null default 0,
  errored integer not null default 0,
  canceled integer not null default 0,
  expired integer not null default 0,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  cache_read_tokens bigint not null default 0,
  cache_write_5m_tokens bigint not null default 0,
  cache_write_1h_tokens bigint not null default 0,
  web_searches bigint not null default 0,
  amount numeric not null default 0,
  unpriced_calls bigint not null default 0,
  suspected numeric not null default 0,
  unpriced_suspected_calls bigint not null default 0
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create index batch_tally_of on batch_tally (batch_id, no);

-- As `usage_fold`: up to `floor` all tallies are folded and none can still come, so that nobody wades through what is
-- deleted but not cleaned away.
create table batch_fold (
  floor bigint not null,
  upcoming bigint not null,
  horizon bigint not null
);
insert into batch_fold values (0, 0, 0);

create function tally_item() returns trigger language plpgsql as $$
declare
  change integer := case when new.finished_at is null then -1 else 1 end;
  ended job_state := case when new.finished_at is null then old.state else new.state end;
begin
  insert into batch_tally (batch_id, succeeded, errored, canceled, expired)
  values (new.batch_id,
    case when ended = 'succeeded' then change else 0 end,
    case when ended = 'failed' then change else 0 end,
    case when ended = 'canceled' then change else 0 end,
    case when ended = 'expired' then change else 0 end);
  return null;
end
$$;

create trigger batch_item_moved after update of finished_at on job
  for each row when (new.batch_id is not null and (old.finished_at is null) <> (new.finished_at is null))
  execute function tally_item();

-- As before, and for the batches among the rows.
create or replace function sum_usage() returns trigger language plpgsql as $$
declare
  sign integer := case tg_argv[0] when 'removed' then -1 else 1 end;
begin
  insert into usage_delta (hour, tenant_id, lane, model, feature, user_id, calls, unpriced_calls, input_tokens, output_tokens,
    cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, amount, suspected_calls,
    unpriced_suspected_calls, suspected)
  select date_trunc('hour', c.incurred_at, 'UTC'), c.tenant_id, c.lane, c.model, c.feature, c.user_id,
    sign * count(*) filter (where c.kind = 'charged'),
    sign * (count(*) filter (where c.kind = 'charged' and c.amount is null) - count(*) filter (where c.fills)),
    sign * coalesce(sum(c.input_tokens) filter (where c.kind <> 'suspected'), 0),
    sign * coalesce(sum(c.output_tokens) filter (where c.kind <> 'suspected'), 0),
    sign * coalesce(sum(c.cache_read_tokens) filter (where c.kind <> 'suspected'), 0),
    sign * coalesce(sum(c.cache_write_5m_tokens) filter (where c.kind <> 'suspected'), 0),
    sign * coalesce(sum(c.cache_write_1h_tokens) filter (where c.kind <> 'suspected'), 0),
    sign * coalesce(sum(c.web_searches) filter (where c.kind <> 'suspected'), 0),
    sign * coalesce(sum(c.amount) filter (where c.kind <> 'suspected'), 0),
    sign * count(*) filter (where c.kind = 'suspected'),
    sign * count(*) filter (where c.kind = 'suspected' and c.amount is null),
    sign * coalesce(sum(c.amount) filter (where c.kind = 'suspected'), 0)
  from touched c
  group by 1, 2, 3, 4, 5, 6;
  if exists (select from touched where batch_id is not null) then
    insert into batch_tally (batch_id, input_tokens, output_tokens, cache_read_tokens, cache_write_5m_tokens,
      cache_write_1h_tokens, web_searches, amount, unpriced_calls, suspected, unpriced_suspected_calls)
    select c.batch_id,
      sign * coalesce(sum(c.input_tokens) filter (where c.kind <> 'suspected'), 0),
      sign * coalesce(sum(c.output_tokens) filter (where c.kind <> 'suspected'), 0),
      sign * coalesce(sum(c.cache_read_tokens) filter (where c.kind <> 'suspected'), 0),
      sign * coalesce(sum(c.cache_write_5m_tokens) filter (where c.kind <> 'suspected'), 0),
      sign * coalesce(sum(c.cache_write_1h_tokens) filter (where c.kind <> 'suspected'), 0),
      sign * coalesce(sum(c.web_searches) filter (where c.kind <> 'suspected'), 0),
      sign * coalesce(sum(c.amount) filter (where c.kind <> 'suspected'), 0),
      sign * (count(*) filter (where c.kind = 'charged' and c.amount is null) - count(*) filter (where c.fills)),
      sign * coalesce(sum(c.amount) filter (where c.kind = 'suspected'), 0),
      sign * count(*) filter (where c.kind = 'suspected' and c.amount is null)
    from touched c
    where c.batch_id is not null
    group by c.batch_id;
  end if;
  return null;
end
$$;

-- Items that end in a second, of those of the last ten seconds or so.
create function batch_pace(b batch) returns double precision language sql stable as $$
  select b.pace * exp(-least(50, greatest(0, extract(epoch from now() - b.pace_at)::double precision / 10)))
$$;

-- Adds up to `most` tallies to their batches and ends those whose items have all ended; returns how many tallies there
-- were. Two at once do not meet: the second finds nothing to do. What a tally counts has committed together with it, so
-- that a batch whose sum is complete has no item left that could still move.
create function fold_batches(most integer) returns integer language plpgsql as $$
declare
  known batch_fold;
  given bigint;
  own bigint;
  over boolean;
  folded integer;
begin
  if not pg_try_advisory_xact_lock(7305809159410118) then
    return 0;
  end if;
  if pg_current_xact_id_if_assigned() is not null then
    raise 'fold_batches needs a transaction of its own';
  end if;
  select coalesce((select last_value from batch_tally_no_seq where is_called), 0) into given;
  select * into strict known from batch_fold;
  if given = known.floor then
    return 0;
  end if;
  own := pg_current_xact_id()::text::bigint;
  over := known.horizon < pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  with taken as (
    delete from batch_tally
    where no in (select no from batch_tally where no > known.floor order by no limit most) returning *),
  sums as (
    select batch_id, count(*) as tallies, sum(succeeded) as succeeded, sum(errored) as errored,
      sum(canceled) as canceled, sum(expired) as expired, sum(input_tokens) as input_tokens,
      sum(output_tokens) as output_tokens, sum(cache_read_tokens) as cache_read_tokens,
      sum(cache_write_5m_tokens) as cache_write_5m_tokens, sum(cache_write_1h_tokens) as cache_write_1h_tokens,
      sum(web_searches) as web_searches, sum(amount) as amount, sum(unpriced_calls) as unpriced_calls,
      sum(suspected) as suspected, sum(unpriced_suspected_calls) as unpriced_suspected_calls
    from taken group by batch_id),
  added as (
    update batch b set
      succeeded = b.succeeded + s.succeeded,
      errored = b.errored + s.errored,
      canceled = b.canceled + s.canceled,
      expired = b.expired + s.expired,
      input_tokens = b.input_tokens + s.input_tokens,
      output_tokens = b.output_tokens + s.output_tokens,
      cache_read_tokens = b.cache_read_tokens + s.cache_read_tokens,
      cache_write_5m_tokens = b.cache_write_5m_tokens + s.cache_write_5m_tokens,
      cache_write_1h_tokens = b.cache_write_1h_tokens + s.cache_write_1h_tokens,
      web_searches = b.web_searches + s.web_searches,
      amount = b.amount + s.amount,
      unpriced_calls = b.unpriced_calls + s.unpriced_calls,
      suspected = b.suspected + s.suspected,
      unpriced_suspected_calls = b.unpriced_suspected_calls + s.unpriced_suspected_calls,
      pace = batch_pace(b) + greatest(0, s.succeeded + s.errored + s.canceled + s.expired) / 10.0,
      pace_at = now(),
      ended_at = case
        when b.ended_at is null and b.succeeded + b.errored + b.canceled + b.expired
          + s.succeeded + s.errored + s.canceled + s.expired >= b.items then now()
        else b.ended_at end
    from sums s where b.id = s.batch_id)
  select coalesce(sum(tallies), 0) into folded from sums;
  if folded < most and given > known.floor and (over or known.horizon >= own) then
    update batch_fold set
      floor = case when over then upcoming else floor end, upcoming = given, horizon = own;
  end if;
  return folded;
end
$$;

-- The end of a batch is told of.
create function tell_of_batch() returns trigger language plpgsql as $$
begin
  perform raise_event('batch.ended', new.tenant_id, event_body('batch.ended', json_build_object(
    'type', 'message_batch', 'id', wire_id('msgbatch_', new.id), 'processing_status', 'ended',
    'request_counts', json_build_object('processing', 0, 'succeeded', new.succeeded, 'errored', new.errored,
      'canceled', new.canceled, 'expired', new.expired),
    'created_at', wire_time(new.created_at), 'expires_at', wire_time(new.expires_at),
    'ended_at', wire_time(new.ended_at), 'cancel_initiated_at', wire_time(new.cancel_initiated_at))));
  return null;
end
$$;

create trigger batch_ended after update of ended_at on batch
  for each row when (old.ended_at is null and new.ended_at is not null) execute function tell_of_batch();
