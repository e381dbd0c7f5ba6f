-- Encryption at rest, and jobs whose prompt and answer go once they were handed over.

-- Which key goes by which id: a fingerprint, not the key. What is sealed with it stands in the columns themselves, whose
-- first byte, zero, no plain value has (ADR 0013).
create table seal_key (
  id text primary key,
  fingerprint bytea not null,
  seen_at timestamptz not null default now()
);

alter table job
  -- Whether prompt and answer go once they were handed over, instead of when the results of its day go.
  add column retention_none boolean not null default false,
  -- Of such a job: since when its caller has the answer; and since when nobody else has.
  add column handed_over_at timestamptz,
  add column erased_at timestamptz,
  -- Not validated: of the rows that are there the columns are null, and reading them all would hold up everybody.
  add constraint only_unkept_are_erased
    check (retention_none or (handed_over_at is null and erased_at is null)) not valid;

-- What is to be erased: what was handed over, and what nobody came for. Empty for all other jobs.
create index job_handed_over on job (handed_over_at)
  where retention_none and handed_over_at is not null and erased_at is null and finished_at is not null;
create index job_unfetched on job (finished_at)
  where retention_none and handed_over_at is null and erased_at is null and finished_at is not null;

-- A delivery that came through is one way to hand an answer over, once it is the last of its job's to do so. What is too
-- long to be told is only named in an event, and has still to be fetched: the bound is well below that of an event's body.
create function heed_deliveries() returns trigger language plpgsql as $$
begin
  -- In the order of ids; and whoever comes second sees what the first has delivered.
  perform from job j
  where j.id in (select t.job_id from told t where t.state = 'delivered' and t.job_id is not null)
    and j.retention_none and j.finished_at is not null and j.handed_over_at is null and j.erased_at is null
  order by j.id for update;
  if not found then
    return null;
  end if;
  update job set handed_over_at = now()
  from (select distinct job_id, series from told where state = 'delivered') t
  where job.id = t.job_id and job.series = t.series
    and job.retention_none and job.finished_at is not null and job.handed_over_at is null and job.erased_at is null
    and not exists (
      select from delivery d
      where d.job_id = job.id and d.series = job.series and d.state not in ('delivered', 'dropped'))
    and coalesce((select octet_length(r.body) from result r where r.job_id = job.id and r.series = job.series), 0)
      + coalesce((select octet_length(r.metadata::text) from request r where r.job_id = job.id), 0) <= 12000;
  return null;
end
$$;

-- Whose bodies are there: those that failed at least once. A delivery that comes through at once is never in it.
create index delivery_with_body on delivery (id) where body is not null;

create trigger delivery_heeded after update on delivery
  referencing new table as told for each statement execute function heed_deliveries();
