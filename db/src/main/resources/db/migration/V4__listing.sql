-- Indexes for whoever asks for many jobs at once.
--
-- Every update of a job changes `state` or what the loops' partial indexes ask for, so that each one adds an entry to
-- every index that holds the job: an index costs up to four entries a life. Hence as few as possible, and none for
-- lane, user_id and feature: these are looked for along the order of ids, in steps of bounded length.

-- In place of job_by_tenant, at the same number of entries: a state's jobs in the order of their ids; a list of several
-- states, or of all, is a merge of up to six such ranges.
create index job_by_state on job (tenant_id, state, id);
drop index job_by_tenant;

-- The caller's own name for a job. Only ended jobs, which is one entry in a usual life instead of four; those that have
-- not ended are found in the order of ids, the newest first.
create index job_by_custom_id on job (tenant_id, custom_id, state, id)
  where custom_id is not null and state in ('succeeded', 'failed', 'canceled', 'expired');
