package io.millrace.db.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.db.seal.UnreadableValue.Reason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SealerTest {

  private static final String SECRET = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
  private static final String OTHER = "YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI=";
  private static final byte[] PROMPT =
      "{\"content\":\"Wie heißt du?\"}".getBytes(StandardCharsets.UTF_8);

  private final UUID row = UUID.randomUUID();

  @Test
  void whatIsSealedOpensInItsPlaceAndNowhereElse() {
    Sealer sealer = sealer("k1:" + SECRET);

    byte[] sealed = sealer.seal(Place.ANSWER, row, 1, PROMPT);

    assertThat(sealer.open(Place.ANSWER, row, 1, sealed)).isEqualTo(PROMPT);
    assertThat(new String(sealed, StandardCharsets.ISO_8859_1))
        .contains("k1")
        .doesNotContain("content");
    assertThat(sealed).hasSizeLessThan(PROMPT.length + 64);
    assertThat(sealer.seal(Place.ANSWER, row, 1, PROMPT)).isNotEqualTo(sealed);
    assertDamaged(() -> sealer.open(Place.ANSWER, UUID.randomUUID(), 1, sealed));
    assertDamaged(() -> sealer.open(Place.ANSWER, row, 2, sealed));
    assertDamaged(() -> sealer.open(Place.PARAMS, row, 1, sealed));
  }

  @Test
  void noByteOfItCanBeChanged() {
    Sealer sealer = sealer("k1:" + SECRET);
    byte[] sealed = sealer.seal(Place.PARAMS, row, 0, PROMPT);

    // Before it stands what says that it is sealed; without that it is no JSON either.
    for (int i = 4; i < sealed.length; i++) {
      byte[] changed = sealed.clone();
      changed[i] ^= 1;
      assertThatThrownBy(() -> sealer.open(Place.PARAMS, row, 0, changed))
          .as("byte %s", i)
          .isInstanceOf(UnreadableValue.class);
    }
    assertDamaged(() -> sealer.open(Place.PARAMS, row, 0, Arrays.copyOf(sealed, 20)));
    assertDamaged(
        () -> sealer.open(Place.PARAMS, row, 0, Arrays.copyOf(sealed, sealed.length - 1)));
  }

  @Test
  void withoutKeysEverythingIsAsItIs() {
    Sealer sealer = sealer();

    assertThat(sealer.isOn()).isFalse();
    assertThat(sealer("").isOn()).isFalse();
    assertThat(sealer.seal(Place.PARAMS, row, 0, PROMPT)).isSameAs(PROMPT);
    assertThat(sealer.open(Place.PARAMS, row, 0, PROMPT)).isSameAs(PROMPT);
    assertThat(sealer.sealText(Place.METADATA, row, 0, "{}")).isEqualTo("{}");
  }

  @Test
  void plainValuesStayReadableAndNoneIsTakenForSealed() {
    byte[] secret = {0, 'm', 'r', 1, 2, 3};
    byte[] stored = sealer().seal(Place.WEBHOOK_SECRET, row, 0, secret);
    String text = "sealed: he said";
    String storedText = sealer().sealText(Place.ATTEMPT_MESSAGE, row, 1, text);

    for (Sealer sealer : List.of(sealer(), sealer("k1:" + SECRET))) {
      assertThat(sealer.open(Place.PARAMS, row, 0, PROMPT)).isEqualTo(PROMPT);
      assertThat(sealer.open(Place.WEBHOOK_SECRET, row, 0, stored)).isEqualTo(secret);
      assertThat(sealer.open(Place.WEBHOOK_SECRET, row, 0, new byte[] {0, 1})).hasSize(2);
      assertThat(sealer.openText(Place.ATTEMPT_MESSAGE, row, 1, storedText)).isEqualTo(text);
      assertThat(sealer.openText(Place.ATTEMPT_MESSAGE, row, 1, "plain")).isEqualTo("plain");
      String sealed = sealer.sealText(Place.ATTEMPT_MESSAGE, row, 1, text);
      assertThat(sealer.openText(Place.ATTEMPT_MESSAGE, row, 1, sealed)).isEqualTo(text);
    }
  }

  @Test
  void newValuesTakeTheCurrentKeyAndOldOnesOpenWhileTheirsIsThere() {
    byte[] old = sealer("k1:" + SECRET).seal(Place.PARAMS, row, 0, PROMPT);
    Sealer both = sealer("k2:" + OTHER, "k1:" + SECRET);

    assertThat(both.current()).isEqualTo("k2");
    assertThat(both.open(Place.PARAMS, row, 0, old)).isEqualTo(PROMPT);
    assertThat(both.isCurrent(old)).isFalse();
    assertThat(both.isCurrent(both.seal(Place.PARAMS, row, 0, PROMPT))).isTrue();
    assertThat(both.isCurrent(PROMPT)).isFalse();
    List<String> missed = new ArrayList<>();
    Sealer without = sealer("k2:" + OTHER);
    without.onUnreadable(value -> missed.add(value.reason().wireName() + " " + value.keyId()));
    assertThatThrownBy(() -> without.open(Place.PARAMS, row, 0, old))
        .isInstanceOf(UnreadableValue.class)
        .hasMessageContaining("'k1'")
        .hasMessageContaining("millrace.encryption.keys");
    assertThat(missed).containsExactly("key_missing k1");
    assertDamaged(() -> sealer("k1:" + OTHER).open(Place.PARAMS, row, 0, old));
  }

  @Test
  void itIsSwitchedOffAgainWithoutLosingAnything() {
    byte[] old = sealer("k1:" + SECRET).seal(Place.PARAMS, row, 0, PROMPT);
    Sealer off = configured(Map.of("keys", List.of("k1:" + SECRET), "current", List.of("none")));

    assertThat(off.isOn()).isFalse();
    assertThat(off.seal(Place.PARAMS, row, 0, PROMPT)).isEqualTo(PROMPT);
    assertThat(off.open(Place.PARAMS, row, 0, old)).isEqualTo(PROMPT);
    assertThat(off.isCurrent(old)).isFalse();
  }

  @Test
  void keysComeFromAFileToo(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("keys");
    Files.writeString(file, "# of November\nk2:" + OTHER + "\n\nk1:" + SECRET + "\n");
    Map<String, List<String>> settings = Map.of("keys-file", List.of(file.toString()));

    Sealer sealer = configured(settings);

    assertThat(sealer.current()).isEqualTo("k2");
    assertThat(sealer.fingerprints()).containsOnlyKeys("k2", "k1");
    Files.writeString(file, "k1:" + SECRET + "\nk1:" + OTHER + "\n");
    assertThatThrownBy(() -> configured(settings))
        .isInstanceOf(UnusableKeys.class)
        .hasMessageContaining("line 2")
        .hasMessageContaining("'k1'")
        .hasMessageNotContaining(OTHER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        SECRET,
        SECRET + ":k1",
        ":" + SECRET,
        "none:" + SECRET,
        "k1:",
        "k1:" + SECRET + "AAAA",
        "k1:c2hvcnQ=",
        "k1:not in base64 at all",
        "an id that is a sentence:" + SECRET
      })
  void aMalformedKeyIsRefusedByItsPropertyAndNeverShown(String entry) {
    assertThatThrownBy(() -> sealer("k0:" + OTHER, entry))
        .isInstanceOf(UnusableKeys.class)
        .hasMessageContaining("millrace.encryption.keys[1]")
        .hasMessageNotContaining(SECRET)
        .hasMessageNotContaining("c2hvcnQ");
  }

  @Test
  void whatContradictsItselfIsRefused() {
    assertThatThrownBy(() -> sealer("k1:" + SECRET, "k1:" + OTHER))
        .isInstanceOf(UnusableKeys.class)
        .hasMessageContaining("more than one key 'k1'");
    assertRefused(
        Map.of("keys", List.of("k1:" + SECRET), "current", List.of("k2")),
        "millrace.encryption.current");
    assertRefused(Map.of("current", List.of("k2")), "millrace.encryption.current");
    assertRefused(Map.of("keys-file", List.of("/no/such/file")), "millrace.encryption.keys-file");
  }

  private static Sealer sealer(String... keys) {
    return configured(Map.of("keys", List.of(keys)));
  }

  private static Sealer configured(Map<String, List<String>> settings) {
    return Sealer.configured(
        name -> settings.getOrDefault(name.replace("millrace.encryption.", ""), List.of()));
  }

  private static void assertRefused(Map<String, List<String>> settings, String property) {
    assertThatThrownBy(() -> configured(settings))
        .isInstanceOf(UnusableKeys.class)
        .hasMessageContaining(property);
  }

  private static void assertDamaged(ThrowingCallable open) {
    assertThatThrownBy(open)
        .isInstanceOfSatisfying(
            UnreadableValue.class,
            unreadable -> assertThat(unreadable.reason()).isEqualTo(Reason.DAMAGED));
  }
}
