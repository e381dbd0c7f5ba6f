package io.millrace.db.limit;

import java.util.List;
import java.util.UUID;

/**
 * What one worker wants of a pool and has under way there, as of its last draw.
 *
 * @param at microseconds since the epoch, by the database's clock
 * @param calls granted and not ended
 * @param waiting jobs that wait, by lane: interactive, standard, bulk
 * @param line the first of them, in order
 * @param forecast output tokens that the calls under way are expected to produce within each of the
 *     horizons
 */
public record WorkerShare(
    UUID worker,
    long at,
    int calls,
    List<Integer> waiting,
    List<Place> line,
    List<Double> forecast) {

  /**
   * A waiting job's place in the line of all workers: by rank, then by turn.
   *
   * @param rank the lane's, less what it gained by waiting
   * @param turn when the dispatcher let it go, in microseconds since the epoch
   * @param input tokens that count towards the limit
   * @param output tokens it is expected to produce
   */
  public record Place(int rank, long turn, long input, long output) {

    public boolean isBefore(Place other) {
      return rank != other.rank ? rank < other.rank : turn < other.turn;
    }
  }
}
