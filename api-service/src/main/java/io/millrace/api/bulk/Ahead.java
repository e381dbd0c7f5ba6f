package io.millrace.api.bulk;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Makes the next element while the one before is used: while the store inserts a portion of jobs,
 * those of the next are made. The source is used by one thread at a time. Not for several threads.
 */
final class Ahead<T> implements Iterator<T> {

  private final Iterator<T> source;
  private @Nullable CompletableFuture<T> next;

  Ahead(Iterator<T> source) {
    this.source = source;
  }

  @Override
  public boolean hasNext() {
    return next != null || source.hasNext();
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    T current = next == null ? source.next() : made(next);
    next = source.hasNext() ? make() : null;
    return current;
  }

  private CompletableFuture<T> make() {
    return CompletableFuture.supplyAsync(source::next, Thread::startVirtualThread);
  }

  private static <T> T made(CompletableFuture<T> element) {
    try {
      return element.join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw failed;
    }
  }
}
