package io.millrace.cli.bulk;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The digest by which contents are told apart. */
final class Sha256 {

  private Sha256() {}

  static MessageDigest begin() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("every JDK has it", missing);
    }
  }
}
