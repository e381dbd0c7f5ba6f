-- Jobs that may go to another model while the pool of theirs is broken, paused or too slow for their deadline.

alter table job
  -- What is left to try; null for most jobs, and where nothing is left.
  add column fallback_models text[],
  -- Model and pool of the request, and why the job left them; null where model and pool are still those.
  add column requested_model text,
  add column requested_pool text,
  add column fallback_reason text,
  -- Not validated: of the rows that are there the columns are null, and reading them all would hold up everybody.
  add constraint fallback_is_whole check (
    (requested_model is not null) = (fallback_reason is not null)
    and (requested_pool is not null) = (fallback_reason is not null)) not valid,
  add constraint fallback_has_reason check (fallback_reason in ('circuit_open', 'paused', 'deadline')) not valid,
  add constraint some_fallbacks check (cardinality(fallback_models) > 0) not valid;

-- Which ready jobs of this pool could go elsewhere? Empty for those who name no fallbacks.
create index job_with_fallback on job (pool, expires_at, id)
  where state = 'queued' and parked_until is null and fallback_models is not null;

-- Whose breakers are open for want of any reply. One worker's broken way to the service must not stop the others: only
-- where most workers find the same is the pool blocked for all.
create unlogged table breaker_open (
  pool text not null,
  worker_id uuid not null,
  until timestamptz not null,
  primary key (pool, worker_id)
);
