package org.bilora.settings;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Some of a model's layers, which are counted from 0 as in the names of their weights: {@code
 * last:3}, {@code first:2}, or a list of numbers and ranges such as {@code 0,2,4-5}.
 *
 * @param text as it was written, without spaces
 */
public record LayerSelection(@JsonValue String text) {
  private static final Pattern END = Pattern.compile("(first|last):(\\d{1,6})");
  private static final Pattern RANGE = Pattern.compile("(\\d{1,6})(?:-(\\d{1,6}))?");

  /**
   * Checks the form; whether a model has the layers is known once there is one.
   *
   * @throws IllegalArgumentException when it is none of the forms above
   */
  @JsonCreator
  public LayerSelection {
    text = text.replace(" ", "");
    boolean known = END.matcher(text).matches() && !text.endsWith(":0");
    if (!known) {
      for (String part : text.split(",", -1)) {
        Matcher range = RANGE.matcher(part);
        if (!range.matches()
            || (range.group(2) != null
                && Integer.parseInt(range.group(2)) < Integer.parseInt(range.group(1)))) {
          throw new IllegalArgumentException(
              "layers is '%s'; it must be last:N, first:N, or numbers and ranges such as 0,2,4-5"
                  .formatted(text));
        }
      }
    }
  }

  /**
   * The layers it means.
   *
   * @param layers that the model has
   * @throws IllegalArgumentException when the model has not so many
   */
  public Set<Integer> of(int layers) {
    Set<Integer> chosen = new TreeSet<>();
    Matcher end = END.matcher(text);
    if (end.matches()) {
      int count = Integer.parseInt(end.group(2));
      requireWithin(count <= layers, layers);
      int first = end.group(1).equals("first") ? 0 : layers - count;
      add(chosen, first, first + count - 1);
      return chosen;
    }
    for (String part : text.split(",")) {
      Matcher range = RANGE.matcher(part);
      range.matches();
      int first = Integer.parseInt(range.group(1));
      int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
      requireWithin(last < layers, layers);
      add(chosen, first, last);
    }
    return chosen;
  }

  private static void add(Set<Integer> chosen, int first, int last) {
    for (int layer = first; layer <= last; layer++) {
      chosen.add(layer);
    }
  }

  private void requireWithin(boolean within, int layers) {
    if (!within) {
      throw new IllegalArgumentException(
          "layers is '%s'; the model has %d layers, 0 to %d".formatted(text, layers, layers - 1));
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
