-- What ended in a tenant since that moment? For streams of events, which go on where they were cut; only ended jobs, which
-- is one more entry in a usual life, written when the job leaves its place in every other index too.
create index job_by_end on job (tenant_id, finished_at, id) where finished_at is not null;
