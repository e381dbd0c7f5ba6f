-- Usage by the hour, summed from the cost rows as these are written.
--
-- Every statement that writes cost rows adds its sums to `usage_delta` in its own transaction, by inserting only: the
-- books and the sums commit together, and nobody waits for anybody's row. A chore of the workers folds the deltas into
-- the two tables by the hour. A report reads a table and the deltas in one statement, and therefore one snapshot: it
-- equals the cost rows at any moment. Dropping old partitions of `cost` does not touch what was summed.

-- A correction that gives a price to a charge that had none.
alter table cost add column fills boolean not null default false;

create table usage_delta (
  id bigint generated always as identity primary key,
  hour timestamptz not null,
  tenant_id integer not null,
  lane job_lane not null,
  model text not null,
  feature text,
  user_id text,
  calls bigint not null,
  unpriced_calls bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cache_read_tokens bigint not null,
  cache_write_5m_tokens bigint not null,
  cache_write_1h_tokens bigint not null,
  web_searches bigint not null,
  amount numeric not null,
  suspected_calls bigint not null,
  unpriced_suspected_calls bigint not null,
  suspected numeric not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_threshold = 100000);

-- Up to `floor` all deltas are folded, and no transaction is left that could still add one: rounds and reports start
-- above it, and do not wade through what is deleted but not cleaned away, as while somebody holds a snapshot open. It
-- follows `upcoming`, a number that had been given out before the transaction `horizon` began, once that and all before
-- it have ended: a writer has its transaction's number, from the cost rows, before it takes one here.
create table usage_fold (
  floor bigint not null,
  upcoming bigint not null,
  horizon bigint not null
);
insert into usage_fold values (0, 0, 0);

-- By whom: as many rows as users, for reports that ask for them.
create table usage_by_user (like usage_delta) with (fillfactor = 80);
alter table usage_by_user drop column id;
create unique index usage_by_user_key on usage_by_user (tenant_id, hour, model, lane, feature, user_id)
  nulls not distinct;

-- All users in one.
create table usage_by_feature (like usage_delta) with (fillfactor = 80);
alter table usage_by_feature drop column id, drop column user_id;
create unique index usage_by_feature_key on usage_by_feature (tenant_id, hour, model, lane, feature)
  nulls not distinct;

-- Adds the sums of the rows that a statement wrote, or takes those of the rows that it removed away.
create function sum_usage() returns trigger language plpgsql as $$
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
  return null;
end
$$;

create trigger cost_added after insert on cost
  referencing new table as touched for each statement execute function sum_usage('added');
create trigger cost_removed after delete on cost
  referencing old table as touched for each statement execute function sum_usage('removed');
create trigger cost_changed_from after update on cost
  referencing old table as touched for each statement execute function sum_usage('removed');
create trigger cost_changed_to after update on cost
  referencing new table as touched for each statement execute function sum_usage('added');

-- Folds up to `most` deltas; returns how many there were. Two at once do not meet: the second finds nothing to do.
create function fold_usage(most integer) returns integer language plpgsql as $$
declare
  known usage_fold;
  given bigint;
  own bigint;
  over boolean;
  folded integer;
begin
  if not pg_try_advisory_xact_lock(7305809159410116) then
    return 0;
  end if;
  if pg_current_xact_id_if_assigned() is not null then
    raise 'fold_usage needs a transaction of its own';
  end if;
  -- In this order: whoever took a number up to this one has an older transaction than the one that begins next.
  select coalesce((select last_value from usage_delta_id_seq where is_called), 0) into given;
  own := pg_current_xact_id()::text::bigint;
  select * into strict known from usage_fold;
  -- Asked before the deltas are read: what has ended by now is seen by the statement that follows.
  over := known.horizon < pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  with taken as (
    delete from usage_delta
    where id in (select id from usage_delta where id > known.floor order by id limit most) returning *),
  by_user as (
    insert into usage_by_user as u
    select hour, tenant_id, lane, model, feature, user_id, sum(calls), sum(unpriced_calls), sum(input_tokens),
      sum(output_tokens), sum(cache_read_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),
      sum(web_searches), sum(amount), sum(suspected_calls), sum(unpriced_suspected_calls), sum(suspected)
    from taken group by 1, 2, 3, 4, 5, 6
    on conflict (tenant_id, hour, model, lane, feature, user_id) do update set
      calls = u.calls + excluded.calls,
      unpriced_calls = u.unpriced_calls + excluded.unpriced_calls,
      input_tokens = u.input_tokens + excluded.input_tokens,
      output_tokens = u.output_tokens + excluded.output_tokens,
      cache_read_tokens = u.cache_read_tokens + excluded.cache_read_tokens,
      cache_write_5m_tokens = u.cache_write_5m_tokens + excluded.cache_write_5m_tokens,
      cache_write_1h_tokens = u.cache_write_1h_tokens + excluded.cache_write_1h_tokens,
      web_searches = u.web_searches + excluded.web_searches,
      amount = u.amount + excluded.amount,
      suspected_calls = u.suspected_calls + excluded.suspected_calls,
      unpriced_suspected_calls = u.unpriced_suspected_calls + excluded.unpriced_suspected_calls,
      suspected = u.suspected + excluded.suspected),
  by_feature as (
    insert into usage_by_feature as u
    select hour, tenant_id, lane, model, feature, sum(calls), sum(unpriced_calls), sum(input_tokens),
      sum(output_tokens), sum(cache_read_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),
      sum(web_searches), sum(amount), sum(suspected_calls), sum(unpriced_suspected_calls), sum(suspected)
    from taken group by 1, 2, 3, 4, 5
    on conflict (tenant_id, hour, model, lane, feature) do update set
      calls = u.calls + excluded.calls,
      unpriced_calls = u.unpriced_calls + excluded.unpriced_calls,
      input_tokens = u.input_tokens + excluded.input_tokens,
      output_tokens = u.output_tokens + excluded.output_tokens,
      cache_read_tokens = u.cache_read_tokens + excluded.cache_read_tokens,
      cache_write_5m_tokens = u.cache_write_5m_tokens + excluded.cache_write_5m_tokens,
      cache_write_1h_tokens = u.cache_write_1h_tokens + excluded.cache_write_1h_tokens,
      web_searches = u.web_searches + excluded.web_searches,
      amount = u.amount + excluded.amount,
      suspected_calls = u.suspected_calls + excluded.suspected_calls,
      unpriced_suspected_calls = u.unpriced_suspected_calls + excluded.unpriced_suspected_calls,
      suspected = u.suspected + excluded.suspected)
  select count(*) into folded from taken;
  -- A horizon that is not older than this is of another cluster, from which the data was restored.
  if folded < most and given > known.floor and (over or known.horizon >= own) then
    update usage_fold set
      floor = case when over then upcoming else floor end, upcoming = given, horizon = own;
  end if;
  return folded;
end
$$;

-- What was in the books before.
insert into usage_delta (hour, tenant_id, lane, model, feature, user_id, calls, unpriced_calls, input_tokens, output_tokens,
  cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_searches, amount, suspected_calls,
  unpriced_suspected_calls, suspected)
select date_trunc('hour', c.incurred_at, 'UTC'), c.tenant_id, c.lane, c.model, c.feature, c.user_id,
  count(*) filter (where c.kind = 'charged'),
  count(*) filter (where c.kind = 'charged' and c.amount is null),
  coalesce(sum(c.input_tokens) filter (where c.kind <> 'suspected'), 0),
  coalesce(sum(c.output_tokens) filter (where c.kind <> 'suspected'), 0),
  coalesce(sum(c.cache_read_tokens) filter (where c.kind <> 'suspected'), 0),
  coalesce(sum(c.cache_write_5m_tokens) filter (where c.kind <> 'suspected'), 0),
  coalesce(sum(c.cache_write_1h_tokens) filter (where c.kind <> 'suspected'), 0),
  coalesce(sum(c.web_searches) filter (where c.kind <> 'suspected'), 0),
  coalesce(sum(c.amount) filter (where c.kind <> 'suspected'), 0),
  count(*) filter (where c.kind = 'suspected'),
  count(*) filter (where c.kind = 'suspected' and c.amount is null),
  coalesce(sum(c.amount) filter (where c.kind = 'suspected'), 0)
from cost c
group by 1, 2, 3, 4, 5, 6;
