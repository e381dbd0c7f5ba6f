package io.millrace.cli.bulk;

import io.millrace.cli.terminal.Misused;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/** Items of which each is a row of a table whose first row names the columns. */
final class CsvRows implements Items {

  private static final String PROMPT = "prompt";

  private final CSVParser parser;
  private final Iterator<CSVRecord> rows;
  private final ItemForm form;
  private final List<String> columns;
  private final Template template;
  private final int idColumn;

  CsvRows(InputStream in, ItemForm form, @Nullable String template, @Nullable String idColumn)
      throws IOException {
    this.form = form;
    this.parser =
        CSVFormat.RFC4180.parse(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()));
    this.rows = parser.iterator();
    CSVRecord header = row();
    if (header == null) {
      throw new Misused(form.source() + " is empty.");
    }
    this.columns = List.of(header.values());
    if (columns.stream().distinct().count() < columns.size()) {
      throw new Misused("Two columns of %s have the same name.".formatted(form.source()));
    }
    if (template == null && !columns.contains(PROMPT)) {
      throw new Misused(
          "%s is a table; say by --template how a prompt is made of a row, such as --template 'Translate: {{%s}}'."
              .formatted(form.source(), columns.getFirst()));
    }
    this.template = new Template(template == null ? "{{" + PROMPT + "}}" : template);
    this.template.check(columns);
    this.idColumn = idColumn == null ? -1 : columns.indexOf(idColumn);
    if (idColumn != null && this.idColumn < 0) {
      throw new Misused("There is no column '%s' for --id-column.".formatted(idColumn));
    }
  }

  @Override
  public @Nullable Item next() throws IOException {
    while (true) {
      long line = parser.getCurrentLineNumber() + 1;
      CSVRecord row = row();
      if (row == null) {
        return null;
      }
      if (row.size() == 1 && row.get(0).isEmpty()) {
        continue;
      }
      if (row.size() != columns.size()) {
        throw BadLine.of(
            form.source(),
            line,
            "has %d values for %d columns".formatted(row.size(), columns.size()));
      }
      String prompt = template.filled(name -> row.get(columns.indexOf(name)));
      String id = idColumn < 0 ? "" : row.get(idColumn).strip();
      return form.ofPrompt(line, id.isEmpty() ? null : id, prompt);
    }
  }

  private @Nullable CSVRecord row() throws IOException {
    long line = parser.getCurrentLineNumber() + 1;
    try {
      return rows.hasNext() ? rows.next() : null;
    } catch (UncheckedIOException unread) {
      throw complaint(Objects.requireNonNull(unread.getCause()), line);
    }
  }

  private Misused complaint(IOException cause, long line) throws IOException {
    return switch (cause) {
      case CharacterCodingException _ ->
          new Misused(form.source() + " is not UTF-8, at or behind line " + line + ".");
      case CSVException malformed ->
          BadLine.of(form.source(), line, "is no valid CSV: " + malformed.getMessage());
      case IOException broken -> throw broken;
    };
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }
}
