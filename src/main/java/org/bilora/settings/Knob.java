package org.bilora.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a component of a settings record that an option of the command line sets. All there is to
 * say about the option stands here; {@link Knobs} reads and writes it.
 *
 * <p>The component is a number, a truth value, an enum constant, an optional number, or a record of
 * a family that {@link #family} lists.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Knob {
  /** The option's name, such as {@code --gamma1}. */
  String option();

  /** What stands for its value in help texts, such as {@code X}. */
  String label() default "X";

  /** What it means: a phrase that a list of defaults may follow. */
  String help();

  /** What an optional number is where it is not given, in words. */
  String unset() default "none";

  /**
   * What an optional number is set to for it not to be there, which its record takes for that;
   * empty where the usual settings have none, so that nobody needs to take it away.
   */
  String absent() default "";

  /** The records that a component may be, for one that is a choice among records. */
  Class<? extends Family> family() default Family.None.class;
}
