-- What is told to whom: one delivery for each event and each endpoint, or each URL that a job names.
--
-- `delivery` is kept: written once, and once more as it ends, range-partitioned by its time-ordered id. What is still to
-- be done about it is a row in `delivery_pending`, which is small and hot: a row lives until its delivery has come to an
-- end. Deliveries to one destination share a fate: they are claimed by destination, so that what a dead one has piled
-- up is never looked through.

-- Null: of a version before, which did not say; its request tells.
alter table job add column has_webhook boolean;

create table delivery (
  id uuid not null,
  tenant_id integer not null,
  -- Null: the URL that the job names.
  endpoint_id uuid,
  url text,
  -- What shares a fate: the endpoint, or all of a tenant's URLs of one origin.
  destination uuid not null,
  event_type text not null,
  occurred_at timestamptz not null,
  job_id uuid,
  series smallint,
  -- What is sent: of an event that is no job's, from the start; else from the first attempt that failed.
  body bytea,
  -- Missed: it happened while its endpoint was disabled. Dropped: its endpoint, or its job, was deleted.
  state text not null check (state in ('pending', 'delivered', 'failed', 'dropped', 'missed')),
  -- All attempts; and those since it was made or replayed, which the schedule counts.
  attempts integer not null default 0,
  tries smallint not null default 0,
  -- Of the last attempt.
  http_status integer,
  error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  -- Set where it ended other than delivered: an index by the state itself would be written by every delivery.
  undelivered_at timestamptz,
  primary key (id)
) partition by range (id);

-- Listing, newest first: of a tenant, of an endpoint, of a job; and what can be replayed of a tenant and an endpoint.
create index delivery_by_tenant on delivery (tenant_id, id);
create index delivery_by_endpoint on delivery (endpoint_id, id) where endpoint_id is not null;
create index delivery_by_job on delivery (job_id) where job_id is not null;
create index delivery_undelivered on delivery (tenant_id, id) where undelivered_at is not null;
create index delivery_undelivered_by_endpoint on delivery (endpoint_id, id)
  where undelivered_at is not null and endpoint_id is not null;

-- One row per request that was sent, or kept from being sent.
create table delivery_attempt (
  delivery_id uuid not null,
  no integer not null,
  worker_id uuid not null,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  http_status integer,
  -- Null: it was delivered.
  error text,
  -- The beginning of what the receiver answered.
  response text,
  primary key (delivery_id, no)
) partition by range (delivery_id);

create table delivery_pending (
  id uuid primary key,
  destination uuid not null,
  endpoint_id uuid,
  -- Nobody touches it before. Of a claimed one: the end of the claim's lease.
  due_at timestamptz not null,
  -- Counts claims and never goes back: the fence.
  claim_no integer not null default 0,
  worker_id uuid
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
  autovacuum_analyze_scale_factor = 0.1);

-- What does this destination have, the longest due first; which destinations have anything?
create index delivery_due on delivery_pending (destination, due_at);
-- How many are under way to it?
create index delivery_under_way on delivery_pending (destination) where worker_id is not null;

-- Destinations that are spared: each step halves how many may be under way at once, past the last one they are tried
-- after growing pauses. Empty while all is well. A crash forgets it, and it is learnt again within seconds.
create unlogged table delivery_pace (
  destination uuid primary key,
  slow smallint not null,
  open_from timestamptz not null,
  changed_at timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- As ids look outside: 26 digits of Crockford's base 32 behind what they are an id of.
create function wire_id(prefix text, id uuid) returns text language sql immutable strict parallel safe as $$
  select prefix || string_agg(
    substr('0123456789abcdefghjkmnpqrstvwxyz', substr(bits, digit * 5 + 1, 5)::bit(5)::integer + 1, 1), '' order by digit)
  from (select '00' || ('x' || replace(id::text, '-', ''))::bit(128)::text) of_id(bits), generate_series(0, 25) digit
$$;

-- As times look outside.
create function wire_time(at timestamptz) returns text language sql immutable strict parallel safe as $$
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- All of a tenant's URLs of one scheme, host and port: what shares a fate where there is no endpoint.
create function destination_of(tenant integer, url text) returns uuid language sql immutable strict parallel safe as $$
  select substr(encode(sha256(convert_to(
    tenant || ' ' || lower(coalesce(substring(url from '^[A-Za-z]+://[^/?#]*'), url)), 'UTF8')), 'hex'), 1, 32)::uuid
$$;

-- A job's end commits together with the deliveries that tell of it, whoever brought it about. Nearly always there is
-- nobody to tell, and nothing is looked at but the index of endpoints.
create function deliver_end_of_job() returns trigger language plpgsql as $$
declare
  type text;
begin
  if new.has_webhook is false and not exists (select from webhook_endpoint where tenant_id = new.tenant_id) then
    return null;
  end if;
  type := 'job.' || new.state;
  with told as (
    select e.id as endpoint_id, null as url, e.id as destination, e.state = 'disabled' as missed
    from webhook_endpoint e
    where e.tenant_id = new.tenant_id and type = any(e.event_types)
      and (e.features is null or new.feature = any(e.features))
      and (new.batch_id is null or e.include_batch_items)
    union all
    select null, r.webhook_url, destination_of(new.tenant_id, r.webhook_url), false
    from request r
    where new.has_webhook is not false and r.job_id = new.id and r.webhook_url is not null),
  made as (
    insert into delivery (id, tenant_id, endpoint_id, url, destination, event_type, occurred_at, job_id, series, state,
      finished_at, undelivered_at)
    select uuidv7(), new.tenant_id, endpoint_id, url, destination, type, new.finished_at, new.id, new.series,
      case when missed then 'missed' else 'pending' end, case when missed then now() end, case when missed then now() end
    from told
    returning id, endpoint_id, destination, state)
  insert into delivery_pending (id, endpoint_id, destination, due_at)
  select id, endpoint_id, destination, now() from made where state = 'pending';
  return null;
end
$$;

create trigger job_ended after update of finished_at on job
  for each row when (old.finished_at is null and new.finished_at is not null) execute function deliver_end_of_job();

-- Tells of what is no job's end: to the endpoints of that tenant, or of all where there is none, that asked for this
-- type. The body is sent as it is.
create function raise_event(type text, of_tenant integer, body bytea) returns integer language plpgsql as $$
declare
  raised integer;
begin
  with made as (
    insert into delivery (id, tenant_id, endpoint_id, destination, event_type, occurred_at, body, state, finished_at,
      undelivered_at)
    select uuidv7(), e.tenant_id, e.id, e.id, type, now(), body,
      case when e.state = 'disabled' then 'missed' else 'pending' end,
      case when e.state = 'disabled' then now() end, case when e.state = 'disabled' then now() end
    from webhook_endpoint e
    where (of_tenant is null or e.tenant_id = of_tenant) and type = any(e.event_types)
    returning id, endpoint_id, destination, state),
  queued as (
    insert into delivery_pending (id, endpoint_id, destination, due_at)
    select id, endpoint_id, destination, now() from made where state = 'pending')
  select count(*) into raised from made;
  return raised;
end
$$;

create function event_body(type text, about json) returns bytea language sql stable strict as $$
  select convert_to(json_build_object('type', type, 'timestamp', wire_time(now()), 'data', about)::text, 'UTF8')
$$;

-- Pauses of pools, by hand and by the platform, are told to the operators' endpoints.
create function tell_of_pause() returns trigger language plpgsql as $$
declare
  type text := case when new.resumed_at is null then 'pool.paused' else 'pool.resumed' end;
begin
  perform raise_event(type, null, event_body(type, json_build_object(
    'type', 'pool_pause', 'pool', new.pool, 'kind', new.kind, 'reason', new.reason,
    'paused_at', wire_time(new.paused_at), 'resumed_at', wire_time(new.resumed_at))));
  return null;
end
$$;

create trigger pool_paused after insert on pool_pause for each row execute function tell_of_pause();
create trigger pool_resumed after update of resumed_at on pool_pause
  for each row when (old.resumed_at is null and new.resumed_at is not null) execute function tell_of_pause();

-- A disabled endpoint is told of as well; one that comes back begins at full pace.
create function tell_of_endpoint() returns trigger language plpgsql as $$
begin
  if new.state = 'disabled' then
    perform raise_event('endpoint.disabled', null, event_body('endpoint.disabled', json_build_object(
      'type', 'webhook_endpoint', 'id', wire_id('ep_', new.id),
      'tenant', (select name from tenant where id = new.tenant_id),
      'reason', new.disabled_reason, 'failing_since', wire_time(new.failing_since))));
  else
    delete from delivery_pace where destination = new.id;
  end if;
  return null;
end
$$;

create trigger endpoint_moved after update of state on webhook_endpoint
  for each row when (old.state <> new.state) execute function tell_of_endpoint();

-- Takes due deliveries for a worker: of each destination no more than its pace allows to be under way, and of all
-- destinations about the same, so that none waits for another's backlog. Looks at a few index entries per destination,
-- and at no more of those that are paused, disabled or spared. One at a time: whoever comes second takes nothing, and
-- counts what the first took when it comes again.
create function claim_deliveries(most integer, each integer, worker uuid, lease interval)
returns table (delivery_id uuid, fence integer) language plpgsql as $$
begin
  if not pg_try_advisory_xact_lock(7305809159410117) then
    return;
  end if;
  return query
  with recursive known as (
    (select p.destination, p.endpoint_id from delivery_pending p order by p.destination limit 1)
    union all
    select next.destination, next.endpoint_id from known, lateral (
      select p.destination, p.endpoint_id from delivery_pending p
      where p.destination > known.destination order by p.destination limit 1) next),
  open as (
    select k.destination, greatest(1, each >> coalesce(pace.slow, 0)) as pace
    from known k
    left join delivery_pace pace on pace.destination = k.destination
    where exists (select from delivery_pending p where p.destination = k.destination and p.due_at <= now())
      and (k.endpoint_id is null or exists (select from webhook_endpoint e where e.id = k.endpoint_id and e.state = 'active'))
      and (pace.open_from is null or pace.open_from <= now())),
  room as (
    select o.destination, o.pace - busy.number as jobs
    from open o
    cross join lateral (
      select count(*) as number from (
        select from delivery_pending p
        where p.destination = o.destination and p.worker_id is not null and p.due_at > now() limit o.pace) under_way) busy
    where o.pace > busy.number),
  chosen as (
    select head.id
    from (
      select r.destination, least(r.jobs, greatest(1, most / count(*) over ())) as share
      from room r order by random() limit most) pick
    cross join lateral (
      select p.id from delivery_pending p
      where p.destination = pick.destination and p.due_at <= now()
      order by p.due_at limit pick.share
      for update skip locked) head)
  update delivery_pending p set claim_no = p.claim_no + 1, worker_id = worker, due_at = now() + lease
  from chosen where p.id = chosen.id
  returning p.id, p.claim_no;
end
$$;

create or replace function make_partitions(days integer) returns integer language plpgsql
set lock_timeout = '100ms' as $$
declare
  parent text;
  day date;
  name text;
  made integer := 0;
begin
  if not pg_try_advisory_xact_lock(7305809159410115) then
    return 0;
  end if;
  foreach parent in array array['request', 'result', 'attempt', 'cost', 'delivery', 'delivery_attempt'] loop
    if to_regclass(parent || '_other') is null then
      execute format('create table %I partition of %I default', parent || '_other', parent);
    end if;
    for day in select generate_series((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + days, '1 day')::date loop
      name := parent || '_' || to_char(day, 'YYYYMMDD');
      if to_regclass(name) is null then
        begin
          execute format('create table %I partition of %I for values from (%L) to (%L)', name, parent,
            id_floor(day::timestamp at time zone 'UTC'), id_floor((day + 1)::timestamp at time zone 'UTC'));
          -- Room beside each row for the update that ends it, which then touches no index.
          if parent = 'delivery' then
            execute format('alter table %I set (fillfactor = 75)', name);
          end if;
          made := made + 1;
        exception
          when check_violation then
            -- The default partition already holds rows of that day: they stay there, and so does the rest of the day.
            raise warning 'partition % cannot be made: % holds rows of that day', name, parent || '_other';
          when lock_not_available then
            raise warning 'partition % was not made: % is busy; the next round tries again', name, parent;
        end;
      end if;
    end loop;
  end loop;
  return made;
end
$$;

select make_partitions(3);
