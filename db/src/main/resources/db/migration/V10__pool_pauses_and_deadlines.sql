-- Deadlines are put off by the pauses of the job's pool as by those of its tenant.

-- For how long that tenant, that pool or both were paused since that moment; time in which several pauses lasted counts
-- once. The function of two arguments stays for services of the version before, which call it while they are replaced.
create function paused_for(tenant integer, of_pool text, since timestamptz) returns interval language sql stable as $$
  select coalesce(sum(upper(stretch) - lower(stretch)), interval '0')
  from (
    select unnest(range_agg(tstzrange(greatest(paused_at, since), coalesce(resumed_at, now())))) as stretch
    from (
      select paused_at, resumed_at from tenant_pause where tenant_id = tenant
      union all
      select paused_at, resumed_at from pool_pause
      where pool = of_pool and (resumed_at is null or resumed_at > since)) pause
    -- A pause may be seen that began a moment after this transaction did.
    where coalesce(resumed_at, now()) > greatest(paused_at, since)) merged
$$;
