package io.millrace.wire;

import io.millrace.money.Dollars;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.util.ByteArrayBuilder;

/** Writes one JSON object; values that are JSON already go in as the bytes they are. */
public final class JsonWriter {

  private final ByteArrayBuilder bytes = new ByteArrayBuilder(1024);
  private final JsonGenerator generator =
      Json.FACTORY.createGenerator(ObjectWriteContext.empty(), bytes, JsonEncoding.UTF8);

  /** Opens the outermost object. */
  public JsonWriter() {
    generator.writeStartObject();
  }

  /** A string, or null. */
  public JsonWriter text(String name, @Nullable String value) {
    generator.writeName(name);
    if (value == null) {
      generator.writeNull();
    } else {
      generator.writeString(value);
    }
    return this;
  }

  /** A whole number. */
  public JsonWriter number(String name, long value) {
    generator.writeName(name);
    generator.writeNumber(value);
    return this;
  }

  /** A whole number, or null. */
  public JsonWriter optionalNumber(String name, @Nullable Long value) {
    return value == null ? text(name, null) : number(name, value);
  }

  /** A decimal, as plain as it stands, or null. */
  public JsonWriter decimal(String name, @Nullable BigDecimal value) {
    generator.writeName(name);
    if (value == null) {
      generator.writeNull();
    } else {
      generator.writeNumber(value.toPlainString());
    }
    return this;
  }

  /** True or false. */
  public JsonWriter bool(String name, boolean value) {
    generator.writeName(name);
    generator.writeBoolean(value);
    return this;
  }

  /** A time as RFC 3339 in UTC, or null. */
  public JsonWriter time(String name, @Nullable Instant value) {
    return text(name, value == null ? null : value.toString());
  }

  /** A plain decimal string of at least six places, or null. */
  public JsonWriter money(String name, @Nullable BigDecimal value) {
    return text(name, value == null ? null : Dollars.format(value));
  }

  /** A list of strings. */
  public JsonWriter texts(String name, List<String> values) {
    generator.writeName(name);
    generator.writeStartArray();
    values.forEach(generator::writeString);
    generator.writeEndArray();
    return this;
  }

  /** A value that is JSON already, byte for byte. */
  public JsonWriter raw(String name, byte[] json) {
    generator.writeName(name);
    generator.writeRawValue("");
    generator.flush();
    bytes.write(json, 0, json.length);
    return this;
  }

  /** Opens an object, to be closed with {@link #end}. */
  public JsonWriter object(String name) {
    generator.writeName(name);
    generator.writeStartObject();
    return this;
  }

  /** Opens an object within a list, to be closed with {@link #end}. */
  public JsonWriter object() {
    generator.writeStartObject();
    return this;
  }

  /** Opens a list of objects, to be closed with {@link #endList}. */
  public JsonWriter list(String name) {
    generator.writeName(name);
    generator.writeStartArray();
    return this;
  }

  /** Closes the innermost list. */
  public JsonWriter endList() {
    generator.writeEndArray();
    return this;
  }

  /** Closes the innermost object. */
  public JsonWriter end() {
    generator.writeEndObject();
    return this;
  }

  /** Closes the outermost object; the writer is done. */
  public byte[] finish() {
    generator.writeEndObject();
    generator.close();
    return bytes.toByteArray();
  }
}
