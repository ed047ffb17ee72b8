package org.bilora.bilevel;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says of a hypergradient's component what it does, in a few words that can follow an option's name
 * in a help text: what the command line and study files offer is read from here.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Knob {
  /** What it does, with its range. */
  String value();
}
