package io.millrace.cli.bulk;

/**
 * One request of a batch.
 *
 * @param line of the input on which it begins
 * @param json as it is sent, in one line
 * @param params the part of it that goes to Claude
 */
@SuppressWarnings("ArrayRecordComponent") // never compared: it is made, measured, and written
record Item(long line, String customId, byte[] json, byte[] params) {}
