-- What callers do to their jobs: cancel, replay, delete.

-- Which of the jobs that this worker holds is it to stop? Nearly always empty, and asked by every worker twice a second.
create index job_cancel_requested on job (worker_id) where state = 'running' and cancel_requested_at is not null;

-- What happened to a job outside a worker and is still to be published: the api needs no Kafka. Rows live for a moment.
create table announcement (
  no bigint generated always as identity primary key,
  job_id uuid not null,
  tenant_id integer not null,
  state job_state not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- The key of a deleted job stands for the rest of its day: a repeated submission must not run what was erased.
alter table idempotency_key add column job_deleted boolean not null default false;
