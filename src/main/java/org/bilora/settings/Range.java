package org.bilora.settings;

/** Ranges of settings, with one wording for what is outside. */
public final class Range {
  private Range() {}

  public static void atLeast(String field, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "%s is %d; it must be %d or more".formatted(field, value, least));
    }
  }

  public static void atMost(String field, long value, long most) {
    if (value > most) {
      throw new IllegalArgumentException(
          "%s is %d; it must be %d or less".formatted(field, value, most));
    }
  }

  public static void positive(String field, double value) {
    require(value > 0, field, value, "above 0");
  }

  public static void notNegative(String field, double value) {
    require(value >= 0, field, value, "0 or more");
  }

  public static void atLeastZeroBelowOne(String field, double value) {
    require(value >= 0 && value < 1, field, value, "at least 0 and below 1");
  }

  public static void betweenZeroAndOne(String field, double value) {
    require(value > 0 && value < 1, field, value, "above 0 and below 1");
  }

  private static void require(boolean inside, String field, double value, String range) {
    if (!inside || Double.isInfinite(value)) {
      throw new IllegalArgumentException("%s is %s; it must be %s".formatted(field, value, range));
    }
  }
}
