package io.millrace.testkit;

import io.millrace.db.sql.Database;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What must be true of the whole store at any quiet moment, whatever happened before: checked after
 * every integration test. The schema's own checks hold what concerns a single row.
 */
public final class Invariants {

  private static final Map<String, String> NEVER = new LinkedHashMap<>();

  private static final String SUMS =
      "tenant_id, hour, lane, model, feature, calls, unpriced_calls, input_tokens, output_tokens, cache_read_tokens,"
          + " cache_write_5m_tokens, cache_write_1h_tokens, web_searches, amount, suspected_calls, suspected";

  private static final String DIFFERENT_USAGE =
      """
      select tenant_id from (
        select %s from %%s union all select %s from usage_delta union all
        select tenant_id, date_trunc('hour', incurred_at, 'UTC'), lane, model, feature,
          -(kind = 'charged')::int, (kind = 'correction' and fills)::int - (kind = 'charged' and amount is null)::int,
          case when kind <> 'suspected' then -input_tokens else 0 end,
          case when kind <> 'suspected' then -output_tokens else 0 end,
          case when kind <> 'suspected' then -cache_read_tokens else 0 end,
          case when kind <> 'suspected' then -cache_write_5m_tokens else 0 end,
          case when kind <> 'suspected' then -cache_write_1h_tokens else 0 end,
          case when kind <> 'suspected' then -web_searches else 0 end,
          case when kind <> 'suspected' then -coalesce(amount, 0) else 0 end,
          -(kind = 'suspected')::int,
          case when kind = 'suspected' then -coalesce(amount, 0) else 0 end
        from cost) both_sides
      group by tenant_id, hour, lane, model, feature
      having sum(calls) <> 0 or sum(unpriced_calls) <> 0 or sum(input_tokens) <> 0 or sum(output_tokens) <> 0
        or sum(cache_read_tokens) <> 0 or sum(cache_write_5m_tokens) <> 0 or sum(cache_write_1h_tokens) <> 0
        or sum(web_searches) <> 0 or sum(amount) <> 0 or sum(suspected_calls) <> 0 or sum(suspected) <> 0
      """
          .formatted(SUMS, SUMS);

  static {
    NEVER.put(
        "a job whose attempts differ from its attempt rows",
        """
        select j.id from job j
        where j.attempts <> (select count(*) from attempt a where a.job_id = j.id)
        """);
    NEVER.put(
        "attempt rows that are not numbered from one without a gap",
        """
        select job_id from attempt group by job_id having max(no) <> count(*) or min(no) <> 1
        """);
    NEVER.put(
        "a succeeded job without exactly one answer of its series",
        """
        select j.id from job j where j.state = 'succeeded' and j.erased_at is null and 1 <> (
          select count(*) from result r where r.job_id = j.id and r.series = j.series and r.type = 'succeeded')
        """);
    NEVER.put(
        "a succeeded job without exactly one used succeeded attempt in its series",
        """
        select j.id from job j where j.state = 'succeeded' and 1 <> (
          select count(*) from attempt a
          where a.job_id = j.id and a.series = j.series and a.outcome = 'succeeded' and not a.fenced_out)
        """);
    NEVER.put(
        "an answer for a job that did not succeed",
        """
        select j.id from job j join result r on r.job_id = j.id and r.series = j.series
        where j.state <> 'succeeded' and r.type = 'succeeded'
        """);
    NEVER.put(
        "a failed job without an error",
        """
        select j.id from job j where j.state = 'failed' and j.erased_at is null and not exists (
          select from result r where r.job_id = j.id and r.series = j.series and r.type = 'errored')
        """);
    NEVER.put(
        "a succeeded attempt without exactly one charge equal to its usage",
        """
        select a.job_id from attempt a where a.outcome = 'succeeded' and 1 <> (
          select count(*) from cost c where c.job_id = a.job_id and c.attempt_no = a.no and c.kind = 'charged'
            and c.input_tokens = (a.usage ->> 'input_tokens')::bigint
            and c.output_tokens = (a.usage ->> 'output_tokens')::bigint)
        """);
    NEVER.put(
        "an ambiguous attempt without exactly one suspicion",
        """
        select a.job_id from attempt a where a.outcome = 'ambiguous' and 1 <> (
          select count(*) from cost c where c.job_id = a.job_id and c.attempt_no = a.no and c.kind = 'suspected')
        """);
    NEVER.put(
        "a cost of a call that was neither answered nor ambiguous",
        """
        select c.job_id from cost c left join attempt a on a.job_id = c.job_id and a.no = c.attempt_no
        where a.outcome is null or a.outcome not in ('succeeded', 'ambiguous')
        """);
    for (String table : List.of("usage_by_user", "usage_by_feature")) {
      NEVER.put(
          "usage that differs from the cost rows in " + table, DIFFERENT_USAGE.formatted(table));
    }
    NEVER.put(
        "a job without its request",
        "select j.id from job j where j.erased_at is null and not exists (select from request r where r.job_id = j.id)");
    NEVER.put(
        "an ended job whose own webhook nobody was to be told",
        """
        select j.id from job j where j.has_webhook and j.finished_at is not null and not exists (
          select from delivery d where d.job_id = j.id and d.series = j.series and d.endpoint_id is null)
        """);
    NEVER.put(
        "a delivery that is pending in one table only",
        """
        select coalesce(d.id, p.id) from (select id from delivery where state = 'pending') d
        full join delivery_pending p on p.id = d.id where d.id is null or p.id is null
        """);
    NEVER.put(
        "a delivery whose attempts differ from its attempt rows",
        """
        select d.id from delivery d
        where d.attempts <> (select count(*) from delivery_attempt a where a.delivery_id = d.id)
        """);
    NEVER.put(
        "a queued job that was asked to end",
        "select j.id from job j where j.state = 'queued' and j.cancel_requested_at is not null");
    NEVER.put(
        "a request or an answer without a job",
        """
        select job_id from (select job_id from request union all select job_id from result) p
        where not exists (select from job j where j.id = p.job_id)
        """);
    NEVER.put(
        "an erased job that has not ended, or still has a request or an answer",
        """
        select j.id from job j where j.erased_at is not null and (j.finished_at is null
          or exists (select from request r where r.job_id = j.id) or exists (select from result r where r.job_id = j.id))
        """);
    NEVER.put(
        "a running job whose worker has no row",
        """
        select j.id from job j where j.state = 'running' and not exists (select from worker w where w.id = j.worker_id)
          and not exists (select from provider_batch b where b.id = j.worker_id)
        """);
    NEVER.put(
        "a provider batch that is over and holds jobs",
        """
        select j.id from job j join provider_batch b on b.id = j.worker_id
        where b.state in ('given_up', 'settled')
        """);
    NEVER.put(
        "an item that counts as sent and whose provider batch was not, or the other way round",
        """
        select j.id from job j join provider_batch b on b.id = j.worker_id
        where j.sending <> (b.state <> 'gathered')
        """);
    NEVER.put(
        "a call by provider batch that its row does not say, or the other way round",
        """
        select a.job_id from attempt a
        where a.provider_batch_id is distinct from (select b.id from provider_batch b where b.id = a.worker_id)
        """);
    NEVER.put(
        "a batch whose sums differ from its items",
        """
        select b.id from batch b
        cross join lateral (
          select count(*) as items, count(*) filter (where j.state = 'succeeded') as succeeded,
            count(*) filter (where j.state = 'failed') as errored,
            count(*) filter (where j.state = 'canceled') as canceled,
            count(*) filter (where j.state = 'expired') as expired
          from job j where j.batch_id = b.id) truth
        cross join lateral (
          select coalesce(sum(t.succeeded), 0) as succeeded, coalesce(sum(t.errored), 0) as errored,
            coalesce(sum(t.canceled), 0) as canceled, coalesce(sum(t.expired), 0) as expired
          from batch_tally t where t.batch_id = b.id) open
        where truth.items = b.items and (b.succeeded + open.succeeded <> truth.succeeded
          or b.errored + open.errored <> truth.errored or b.canceled + open.canceled <> truth.canceled
          or b.expired + open.expired <> truth.expired)
        """);
    NEVER.put(
        "a batch whose costs differ from the cost rows",
        """
        select b.id from batch b
        cross join lateral (
          select coalesce(sum(c.amount) filter (where c.kind <> 'suspected'), 0) as amount,
            coalesce(sum(c.amount) filter (where c.kind = 'suspected'), 0) as suspected,
            coalesce(sum(c.output_tokens) filter (where c.kind <> 'suspected'), 0) as output
          from cost c where c.batch_id = b.id) truth
        cross join lateral (
          select coalesce(sum(t.amount), 0) as amount, coalesce(sum(t.suspected), 0) as suspected,
            coalesce(sum(t.output_tokens), 0) as output
          from batch_tally t where t.batch_id = b.id) open
        where b.deleted_at is null and (b.amount + open.amount <> truth.amount
          or b.suspected + open.suspected <> truth.suspected or b.output_tokens + open.output <> truth.output)
        """);
    NEVER.put(
        "two jobs for one idempotency key",
        """
        select k.job_id from idempotency_key k
        where not k.job_deleted and not exists (select from job j where j.id = k.job_id)
          and not exists (select from batch b where b.id = k.job_id)
        """);
  }

  private Invariants() {}

  /** Fails, naming what is broken and a few of the rows, unless everything holds. */
  public static void hold(Database database) {
    List<String> broken = new ArrayList<>();
    NEVER.forEach((what, query) -> {
      var rows = database.dsl().fetch("select * from (" + query + ") broken limit 5");
      if (rows.isNotEmpty()) {
        broken.add(what + ": " + rows.getValues(0));
      }
    });
    if (!broken.isEmpty()) {
      throw new AssertionError(String.join("\n", broken));
    }
  }
}
