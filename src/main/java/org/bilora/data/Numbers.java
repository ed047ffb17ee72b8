package org.bilora.data;

import java.math.BigDecimal;
import java.util.regex.Pattern;

/** Decimal numbers as files write them: 1, 1.0 and 1e0 are one number. */
final class Numbers {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d{1,9})?");

  private Numbers() {}

  /** Whether a text is a finite decimal number. */
  static boolean isNumber(String written) {
    return NUMBER.matcher(written).matches() && Double.isFinite(Double.parseDouble(written));
  }

  /** Whether a number has no fraction: 1 and 1.0 have none. */
  static boolean isWhole(String number) {
    return exact(number).scale() <= 0;
  }

  /** One spelling for every number, whole ones without a point; a text that is none stays. */
  static String canonical(String written) {
    if (!isNumber(written)) {
      return written;
    }
    BigDecimal exact = exact(written);
    return exact.scale() <= 0 ? exact.toBigInteger().toString() : exact.toString();
  }

  private static BigDecimal exact(String number) {
    BigDecimal exact = new BigDecimal(number);
    return exact.signum() == 0 ? BigDecimal.ZERO : exact.stripTrailingZeros();
  }
}
