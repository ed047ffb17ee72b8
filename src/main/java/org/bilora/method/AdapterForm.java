package org.bilora.method;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bilora.adapter.LowRank;
import org.bilora.adapter.LowRankValues;
import org.bilora.autodiff.Parameter;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * The parameters of one adapted dense layer and the ΔW they stand for, in a graph and on the host.
 * A parameter is named after its layer, a dot and the matrix's letter.
 */
public sealed interface AdapterForm permits ProductForm, PseudoSvdForm, TripletForm {

  /** The form a method trains; empty for one without adapters. */
  static Optional<AdapterForm> of(Method method, AdapterSettings settings) {
    double scale = settings.alpha() / settings.rank();
    if (method instanceof Lora) {
      return Optional.of(new ProductForm(settings.rank(), scale));
    }
    if (method instanceof PseudoSvdMethod pseudoSvd) {
      return Optional.of(new PseudoSvdForm(settings.rank(), scale, pseudoSvd.lambda()));
    }
    if (method instanceof AdaLora adaLora) {
      int initialRank = adaLora.initialRank(settings.rank());
      return Optional.of(new TripletForm(initialRank, settings.alpha() / initialRank));
    }
    return Optional.empty();
  }

  /** r: columns of the left and rows of the right matrix. */
  int rank();

  /** Letter of the left matrix, {@code [out, rank]}. */
  String left();

  /** Letter of the right matrix, {@code [rank, in]}. */
  String right();

  /** Declares the parameters of a layer, with start values for which ΔW is 0. */
  void declare(
      StartValues start,
      String module,
      int out,
      int in,
      List<Parameter> lower,
      List<Parameter> upper);

  /** ΔW by layer, from values by parameter name. */
  Map<String, LowRank> increments(
      Ops tf, List<String> modules, Function<String, Operand<TFloat32>> values);

  /** The same on the host, from values by checkpoint name. */
  LowRankValues increment(String module, Function<String, float[]> values);

  /** λ of a layer, from values by checkpoint name; empty for a form without Λ. */
  Optional<float[]> lambda(String module, Function<String, float[]> values);

  /** A matrix of zeros. */
  static Parameter zeros(String name, int rows, int columns) {
    return new Parameter(name, new long[] {rows, columns}, new float[rows * columns], true);
  }
}
