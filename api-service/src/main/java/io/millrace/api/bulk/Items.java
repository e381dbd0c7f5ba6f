package io.millrace.api.bulk;

import static io.millrace.api.fields.Values.refused;

import io.millrace.api.submit.MemoryShare;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/** Takes the items of a batch one by one, and sees to what concerns them together. */
final class Items {

  /** Ids that are remembered for one reservation of memory, and what one of them takes. */
  private static final int RESERVED = 1024;

  private static final int ID_BYTES = 128;

  /** Of the models that are remembered in order to warn of those that will be gone soon. */
  private static final int MODELS = 16;

  private final Spool spool;
  private final int most;
  private final MemoryShare memory;
  private final Set<String> ids = new HashSet<>();
  private final Set<String> models = new HashSet<>();

  Items(Spool spool, int most, MemoryShare memory) {
    this.spool = spool;
    this.most = most;
    this.memory = memory;
  }

  /** How many there are so far: the index of the next. */
  int count() {
    return spool.items();
  }

  /** Some of the models that they name. */
  Set<String> models() {
    return models;
  }

  /** One more may come. */
  void checkRoom() {
    if (spool.items() >= most) {
      throw refused("requests", "List should have at most " + most + " items");
    }
  }

  void add(Item item) throws IOException {
    if (ids.size() % RESERVED == 0) {
      memory.reserve(RESERVED * ID_BYTES);
    }
    if (!ids.add(item.customId())) {
      throw refused(
          "custom_id",
          "'%s' is another item's already: it must be unique in the batch"
              .formatted(item.customId()));
    }
    if (models.size() < MODELS) {
      models.add(item.model());
    }
    spool.add(item);
  }

  /** That was all. */
  void end() {
    if (spool.items() == 0) {
      throw refused("requests", "List should have at least 1 item");
    }
  }
}
