package org.bilora.data;

/** A task's examples, as the record of a run that learns from them names them. */
public interface TaskData {

  /** What is learnt. */
  Task task();

  /** Where the data came from: file names without their folder, or Maven coordinates. */
  String source();

  /** Of the files' bytes, hexadecimal. */
  String sha256();
}
