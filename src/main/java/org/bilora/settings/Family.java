package org.bilora.settings;

import java.util.List;

/** Settings records of which a component is one, chosen by name; each may have its own knobs. */
public interface Family {

  /** Every member with its usual settings, in the order of the help. */
  List<? extends Record> members();

  /** The name that chooses a member. */
  String name(Record member);

  /** The family of a component that is no choice among records. */
  final class None implements Family {
    @Override
    public List<? extends Record> members() {
      return List.of();
    }

    @Override
    public String name(Record member) {
      throw new IllegalArgumentException(member + " belongs to no family");
    }
  }
}
