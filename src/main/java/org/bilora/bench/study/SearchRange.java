package org.bilora.bench.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hashing;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;

/**
 * What trials draw a setting from: an interval, or a list.
 *
 * @param from least value of an interval
 * @param to largest value
 * @param scale how an interval is drawn from: logarithmic unless set
 * @param values the list; empty for an interval
 */
public record SearchRange(
    OptionalDouble from, OptionalDouble to, Scale scale, List<JsonNode> values) {
  /** A drawn value is written with so many digits, so that a table can show all of it. */
  private static final MathContext DIGITS = new MathContext(3);

  /** How an interval is drawn from. */
  public enum Scale {
    /** Every factor is equally likely. */
    LOG,
    /** Every difference is equally likely. */
    LINEAR
  }

  /** Fills in what a file leaves out, and checks the rest. */
  public SearchRange {
    values = values == null ? ImmutableList.of() : ImmutableList.copyOf(values);
    scale = scale == null ? Scale.LOG : scale;
    boolean interval = from.isPresent() && to.isPresent();
    if (interval == !values.isEmpty() || from.isPresent() != to.isPresent()) {
      throw new IllegalArgumentException("a range needs either from and to, or values");
    }
    if (interval
        && !(from.getAsDouble() <= to.getAsDouble()
            && (scale == Scale.LINEAR || from.getAsDouble() > 0))) {
      throw new IllegalArgumentException(
          "a range is from %s to %s; it must ascend%s"
              .formatted(
                  from.getAsDouble(),
                  to.getAsDouble(),
                  scale == Scale.LOG ? " from above 0, being logarithmic" : ""));
    }
  }

  /** A value for a trial. */
  JsonNode draw(String method, String setting, int trial, long seed) {
    Random random =
        new Random(
            Hashing.sha256()
                .newHasher()
                .putString(method + "\n" + setting, StandardCharsets.UTF_8)
                .putInt(trial)
                .putLong(seed)
                .hash()
                .asLong());
    if (!values.isEmpty()) {
      return values.get(random.nextInt(values.size()));
    }
    double low = from.getAsDouble();
    double high = to.getAsDouble();
    double share = random.nextDouble();
    double drawn =
        scale == Scale.LOG
            ? Math.exp(Math.log(low) + share * (Math.log(high) - Math.log(low)))
            : low + share * (high - low);
    return DoubleNode.valueOf(new BigDecimal(drawn).round(DIGITS).doubleValue());
  }
}
