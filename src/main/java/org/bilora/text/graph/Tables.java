package org.bilora.text.graph;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.HashTable;
import org.tensorflow.op.core.InitializeTable;
import org.tensorflow.op.core.LookupTableFind;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TType;

/**
 * Hash tables of a graph, and the operations that fill them, which a SavedModel's loader runs once.
 */
final class Tables {
  private final Ops tf;
  private final List<Op> initializers = new ArrayList<>();

  Tables(Ops tf) {
    this.tf = tf;
  }

  /**
   * A table, known by name in all functions of a process: the same name means the same content.
   *
   * @param keys type of the keys; the values are int64
   */
  record Table<K extends TType>(String name, Class<K> keys) {

    private HashTable handle(Ops tf) {
      String label = name.substring(0, name.indexOf('_'));
      return HashTable.create(
          tf.withName(label).scope(),
          keys,
          TInt64.class,
          HashTable.sharedName(name),
          // Python's loader gives every table without this a name of its own.
          HashTable.useNodeNameSharing(true));
    }

    /** The numbers of keys, −1 for a key that is not there. */
    Operand<TInt64> find(Ops tf, Operand<K> sought) {
      return LookupTableFind.create(tf.scope(), handle(tf).tableHandle(), sought, tf.constant(-1L))
          .values();
    }
  }

  /** A table from string to number. */
  Table<TString> ofStrings(String name, String[] keys, long[] values) {
    Hasher hasher = Hashing.sha256().newHasher();
    for (int i = 0; i < keys.length; i++) {
      hasher.putInt(keys[i].length()).putUnencodedChars(keys[i]).putLong(values[i]);
    }
    return filled(
        new Table<>(name + "_" + hasher.hash(), TString.class),
        tf.constant(StandardCharsets.UTF_8, keys),
        tf.constant(values));
  }

  /** A table from number to number. */
  Table<TInt64> ofNumbers(String name, long[] keys, long[] values) {
    Hasher hasher = Hashing.sha256().newHasher();
    for (int i = 0; i < keys.length; i++) {
      hasher.putLong(keys[i]).putLong(values[i]);
    }
    return filled(
        new Table<>(name + "_" + hasher.hash(), TInt64.class),
        tf.constant(keys),
        tf.constant(values));
  }

  private <K extends TType> Table<K> filled(
      Table<K> table, Operand<K> keys, Operand<TInt64> values) {
    initializers.add(
        InitializeTable.create(
            tf.withName("initialize").scope(), table.handle(tf).tableHandle(), keys, values));
    return table;
  }

  List<Op> initializers() {
    return List.copyOf(initializers);
  }
}
