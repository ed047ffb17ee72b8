package org.bilora.settings;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A name of layers as people write it: a layer's last name or names ({@code query}, {@code
 * output.dense}: all layers that end so), or a pattern with {@code *} for any characters over the
 * whole name ({@code encoder.layer.*.attention.self.key}).
 */
public record NamePattern(String text) {

  /** Whether a layer of that name is meant. */
  public boolean matches(String layer) {
    if (!text.contains("*")) {
      return layer.equals(text) || layer.endsWith("." + text);
    }
    String pattern =
        Arrays.stream(text.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
    return layer.matches(pattern);
  }
}
