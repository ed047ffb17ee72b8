package org.bilora.serve;

import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.SignatureDef;

/** A function of the served model that a request can name. */
sealed interface ServedSignature permits GraphSignature, TokenizedRequest {
  /** Signature of a request that names none. */
  String DEFAULT = "serving_default";

  /** Its name. */
  String name();

  /** What {@code /metadata} shows of it. */
  SignatureDef definition();

  /** Type of each input, sorted by name. */
  Map<String, ElementType> inputs();

  /** Inputs that a request may leave out. */
  Set<String> optional();

  /** The function of the graph that it runs. */
  GraphSignature graph();

  /**
   * Inputs of {@link #graph}.
   *
   * @throws RequestRefusedException when the values do not fit
   */
  Map<String, Values> graphInputs(Map<String, Values> inputs);

  /** Outputs of this signature from those of {@link #graph}. */
  Map<String, Values> outputs(Map<String, Values> graphOutputs);
}
