-- Where in which trace a job was submitted, as a W3C traceparent, so that a worker's spans, hours or replays later, belong
-- to the trace of its submission. Null unless the caller sent one or the api traces.
alter table request add column trace_parent text;
