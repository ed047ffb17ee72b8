package org.bilora.method;

import java.util.Optional;
import org.bilora.bilevel.Level;

/**
 * A parameter of an adapted layer.
 *
 * @param level at which it is trained
 * @param module name of the layer
 * @param role what it is
 */
public record ParameterName(Level level, String module, Role role) {

  /** The name within its level: the layer's, a dot and the role's letter. */
  public String name() {
    return module + "." + role.letter();
  }

  /** The name in checkpoints: {@code lower/encoder.layer.0.attention.self.query.P}. */
  public String tensorName() {
    return level.prefix() + name();
  }

  /** The parameter of that name in checkpoints; empty for a tensor that is none of an adapter. */
  public static Optional<ParameterName> parse(String tensorName) {
    for (Level level : Level.values()) {
      String prefix = level.prefix();
      int dot = tensorName.lastIndexOf('.');
      if (tensorName.startsWith(prefix) && dot > prefix.length()) {
        for (Role role : Role.values()) {
          if (role.letter().equals(tensorName.substring(dot + 1))) {
            return Optional.of(
                new ParameterName(level, tensorName.substring(prefix.length(), dot), role));
          }
        }
      }
    }
    return Optional.empty();
  }
}
