-- A new partition locks its parent for a moment, and whoever waits for a lock holds up all who come after: so no more than
-- a tenth of a second of waiting, and what was not to be had is made by the next round, days before it is needed.
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
  foreach parent in array array['request', 'result', 'attempt', 'cost'] loop
    if to_regclass(parent || '_other') is null then
      execute format('create table %I partition of %I default', parent || '_other', parent);
    end if;
    for day in select generate_series((now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + days, '1 day')::date loop
      name := parent || '_' || to_char(day, 'YYYYMMDD');
      if to_regclass(name) is null then
        begin
          execute format('create table %I partition of %I for values from (%L) to (%L)', name, parent,
            id_floor(day::timestamp at time zone 'UTC'), id_floor((day + 1)::timestamp at time zone 'UTC'));
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
