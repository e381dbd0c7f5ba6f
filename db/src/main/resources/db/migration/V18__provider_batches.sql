-- Batches at the provider: what was gathered from the items of all callers and sent as one Message Batch.
--
-- A provider batch holds its items as a worker holds its jobs: they are running, with its id in worker_id. Whoever takes
-- the next step with it, of any worker, does so under a lease and a fence of its own, as with deliveries.

create table provider_batch (
  id uuid primary key,
  state text not null check (state in (
    -- Items are claimed, nothing was sent.
    'gathered',
    -- A create may have left, and no reply has come.
    'sending',
    -- The reply did not come, and it is not known whether the provider has it: looked for in the provider's list.
    'lost',
    -- The provider has it.
    'processing',
    -- The provider is done; results are being read.
    'ended',
    -- Its items went on without it. Should it turn up, what it cost is put into the books.
    'given_up',
    -- No item is held any more, and nothing that it cost is to come.
    'settled')),
  anthropic_version text not null,
  anthropic_beta text[],
  -- When it was last sent.
  items integer not null,
  bytes bigint not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  -- What the provider calls it; proven once a reply, or its results, told so.
  provider_id text,
  proven boolean not null default false,
  provider_expires_at timestamptz,
  -- The earliest time at which an item that it holds is to go on by the live queue, or ends.
  switch_at timestamptz,
  cancel_requested_at timestamptz,
  ended_at timestamptz,
  settled_at timestamptz,
  sends integer not null default 0,
  polls integer not null default 0,
  -- How often its results were read to their end.
  reads integer not null default 0,
  -- Since when it is not known whether the provider has it; whether a complete reply said that it has not, so that one
  -- look into the list is enough; and what was found there and turned out to be another's.
  lost_at timestamptz,
  refused boolean not null default false,
  strangers text[] not null default '{}',
  -- Since when the provider says that it knows no such batch.
  not_found_since timestamptz,
  -- Of the last step that failed.
  http_status integer,
  error text,
  -- Nobody touches it before. Of one that is being driven: the end of the lease.
  due_at timestamptz not null default now(),
  driver uuid,
  -- Counts leases and never goes back: the fence.
  drive_no integer not null default 0
) with (fillfactor = 50);

-- What is to be done next? Only those that are not settled.
create index provider_batch_due on provider_batch (due_at) where state <> 'settled';
-- Whose items have to go on?
create index provider_batch_switch on provider_batch (switch_at) where switch_at is not null;
create unique index provider_batch_of_provider on provider_batch (provider_id) where provider_id is not null;

-- Of a call by batch: which one. Null: a call by itself.
alter table attempt add column provider_batch_id uuid;
