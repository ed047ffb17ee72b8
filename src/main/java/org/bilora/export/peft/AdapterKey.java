package org.bilora.export.peft;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A key of an increment's tensor.
 *
 * @param module the checkpoint's layer
 * @param part {@code lora_A}, {@code lora_B}, {@code lora_E} or {@code lora_magnitude_vector}
 */
record AdapterKey(String module, String part) {
  private static final Pattern FORM =
      Pattern.compile(
          "(?:base_model\\.model\\.)?(.+)\\.(lora_A|lora_B|lora_E|lora_magnitude_vector)(\\.default)?(\\.weight)?");

  static Optional<AdapterKey> parse(String key) {
    Matcher matcher = FORM.matcher(key);
    return matcher.matches()
        ? Optional.of(new AdapterKey(matcher.group(1), matcher.group(2)))
        : Optional.empty();
  }
}
