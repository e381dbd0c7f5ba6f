package io.millrace.api.control;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.fields.SmallBody;
import io.millrace.api.fields.Values;
import io.millrace.api.filter.FilterFields;
import io.millrace.db.job.JobFilter;
import io.millrace.job.JobId;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;

/** The fields of a request that does something to all jobs of a filter. */
final class MatchingFields {

  private static final Set<String> OWN = Set.of("all", "dry_run", "after_id");

  private final FilterFields filter;
  private final ReplayFields terms;
  private final Set<String> given = new HashSet<>();
  private boolean all;
  private boolean dryRun;
  private @Nullable JobId after;

  private MatchingFields(int tenant, ReplayFields terms) {
    this.filter = new FilterFields(tenant);
    this.terms = terms;
  }

  /**
   * Reads them.
   *
   * @param terms takes what else the request may say
   */
  static MatchingFields read(int tenant, HttpServletRequest request, ReplayFields terms)
      throws IOException {
    for (String name : FilterFields.NAMES) {
      if (request.getParameter(name) != null) {
        throw refused(name, "The filter is read from the JSON body, not from the query");
      }
    }
    var fields = new MatchingFields(tenant, terms);
    Set<String> names = new HashSet<>(FilterFields.NAMES);
    names.addAll(OWN);
    names.addAll(terms.names());
    SmallBody.read(request, names, fields::field);
    if (!fields.all && fields.given.isEmpty()) {
      throw refused(
          "filter",
          "Name at least one of status, lane, custom_id, user_id, feature, batch_id, created_after, created_before;"
              + " or say \"all\": true, which means every job you have");
    }
    return fields;
  }

  JobFilter filter() {
    return filter.filter();
  }

  boolean namesStates() {
    return given.contains("status");
  }

  boolean dryRun() {
    return dryRun;
  }

  @Nullable JobId after() {
    return after;
  }

  private void field(String name, JsonParser json) {
    switch (name) {
      case "all" -> all = new Values(json).bool(name);
      case "dry_run" -> dryRun = new Values(json).bool(name);
      case "after_id" ->
          after =
              JobId.parse(new Values(json).text(name, 64))
                  .orElseThrow(() -> refused(name, "Input should be a job's id"));
      default -> {
        if (FilterFields.NAMES.contains(name)) {
          given.add(name);
          filter.read(name, json);
        } else {
          terms.field(name, json);
        }
      }
    }
  }
}
