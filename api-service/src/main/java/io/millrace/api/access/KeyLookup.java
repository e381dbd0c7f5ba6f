package io.millrace.api.access;

import io.millrace.api.patience.Patience;
import io.millrace.api.problem.Refused;
import io.millrace.db.tenant.ApiKeys;
import io.millrace.db.tenant.ApiKeys.Principal;
import io.millrace.db.tenant.ApiKeys.Usable;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the store about keys, one question at a time for all who wait: however many keys somebody
 * tries, they hold one connection between them.
 */
final class KeyLookup {

  private static final Logger log = LoggerFactory.getLogger(KeyLookup.class);
  private static final Duration PATIENCE = Duration.ofSeconds(4);
  private static final int WAITING = 5_000;
  private static final int TOGETHER = 500;

  private final ApiKeys keys;
  private final BlockingQueue<Question> waiting = new ArrayBlockingQueue<>(WAITING);
  private final AtomicBoolean asking = new AtomicBoolean();

  private record Question(byte[] hash, CompletableFuture<Optional<Principal>> answer) {}

  KeyLookup(ApiKeys keys) {
    this.keys = keys;
  }

  /**
   * Whom the key with that hash speaks for.
   *
   * @throws Refused with 503 where the store does not say so in time, or too many ask
   */
  Optional<Principal> find(byte[] hash) throws InterruptedException {
    var question = new Question(hash, new CompletableFuture<>());
    if (!waiting.offer(question)) {
      throw new Refused(Patience.storeSilent());
    }
    askOn();
    try {
      return question.answer().get(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException silent) {
      throw new Refused(Patience.storeSilent());
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new IllegalStateException(failed);
    }
  }

  private void askOn() {
    if (asking.compareAndSet(false, true)) {
      var _ = Thread.ofVirtual().name("millrace-keys").start(this::ask);
    }
  }

  private void ask() {
    List<Question> questions = new ArrayList<>();
    try {
      while (waiting.drainTo(questions, TOGETHER) > 0) {
        answer(questions);
        questions.clear();
      }
    } finally {
      asking.set(false);
    }
    // One who asked after the last look, but before the flag fell, has started nobody.
    if (!waiting.isEmpty()) {
      askOn();
    }
  }

  private void answer(List<Question> questions) {
    try {
      List<byte[]> hashes = questions.stream().map(Question::hash).toList();
      List<Usable> found = keys.find(hashes);
      for (Question question : questions) {
        question.answer().complete(principal(question.hash(), found));
      }
      noteUse(found);
    } catch (RuntimeException | Error failure) {
      questions.forEach(question -> question.answer().completeExceptionally(failure));
    }
  }

  private static Optional<Principal> principal(byte[] hash, List<Usable> found) {
    return found.stream()
        .filter(key -> MessageDigest.isEqual(key.hash(), hash))
        .map(Usable::principal)
        .findFirst();
  }

  private void noteUse(List<Usable> found) {
    List<byte[]> news = found.stream().filter(Usable::useIsNews).map(Usable::hash).toList();
    if (news.isEmpty()) {
      return;
    }
    try {
      keys.noteUse(news);
    } catch (DataAccessException unable) {
      log.debug("the use of {} keys was not noted; their next use will be", news.size(), unable);
    }
  }
}
