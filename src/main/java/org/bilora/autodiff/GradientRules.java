package org.bilora.autodiff;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.bilora.graph.OrderedSum;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.ReduceSum;
import org.tensorflow.types.family.TFloating;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/**
 * The derivative of each operation, written in operations that have a rule here themselves, so that
 * a gradient can be differentiated as often as one likes.
 *
 * <p>The rules know every shape beforehand: a broadcast is undone by summing over constant axes. An
 * operation without a rule of its own falls back on TensorFlow's registered gradient.
 */
final class GradientRules {
  /**
   * An operation met on the way back.
   *
   * @param incoming adjoints of its outputs, null where nothing arrived
   * @param wanted which inputs' adjoints are needed
   */
  record Node(Ops tf, GraphOperation operation, List<Operand<?>> incoming, boolean[] wanted) {
    Operand<TFloating> in(int i) {
      return floating(operation.input(i));
    }

    Operand<TFloating> out() {
      return floating(operation.output(0));
    }

    Operand<TFloating> adjoint() {
      return floating(incoming.get(0));
    }

    boolean flag(String attribute) {
      return operation.attributes().getAttrValueProto(attribute).getB();
    }

    Operand<TFloating> constant(double value) {
      return tf.dtypes.cast(tf.constant((float) value), out().type());
    }
  }

  /** Adjoints of the inputs, by position. */
  @FunctionalInterface
  interface Rule {
    void apply(Node node, BiConsumer<Integer, Operand<?>> inputs);
  }

  private static final Map<String, Rule> RULES = new TreeMap<>();

  static {
    RULES.put("Identity", unary((n, g) -> g));
    RULES.put("EnsureShape", unary((n, g) -> g));
    RULES.put("IdentityN", RearrangementRules::handOn);
    for (String constant : List.of("StopGradient", "Sign", "ZerosLike", "OnesLike")) {
      RULES.put(constant, (n, to) -> {});
    }
    RULES.put("Add", GradientRules::add);
    RULES.put("AddV2", GradientRules::add);
    RULES.put("AddN", GradientRules::addN);
    RULES.put("Sub", GradientRules::subtract);
    RULES.put("Mul", GradientRules::multiply);
    RULES.put("Div", GradientRules::divide);
    RULES.put("RealDiv", GradientRules::divide);
    RULES.put("Maximum", GradientRules::maximum);
    RULES.put("Neg", unary((n, g) -> n.tf.math.neg(g)));
    RULES.put("Abs", unary((n, g) -> n.tf.math.mul(g, n.tf.math.sign(n.in(0)))));
    RULES.put("Square", unary((n, g) -> times(n, g, n.in(0), n.constant(2))));
    RULES.put("Sqrt", unary((n, g) -> n.tf.math.div(n.tf.math.mul(g, n.constant(0.5)), n.out())));
    RULES.put("Rsqrt", unary(GradientRules::rsqrt));
    RULES.put("Exp", unary((n, g) -> n.tf.math.mul(g, n.out())));
    RULES.put("Log", unary((n, g) -> n.tf.math.div(g, n.in(0))));
    RULES.put("Tanh", unary(GradientRules::tanh));
    RULES.put("Sigmoid", unary(GradientRules::sigmoid));
    RULES.put("Erf", unary(GradientRules::erf));
    RULES.put("Softmax", unary(GradientRules::softmax));
    RULES.put("LogSoftmax", unary(GradientRules::logSoftmax));
    RULES.put("SoftmaxCrossEntropyWithLogits", GradientRules::crossEntropy);
    RULES.put("Cast", GradientRules::cast);
    RULES.put("MatMul", (n, to) -> ProductRules.product(n, to, "transpose_a", "transpose_b"));
    RULES.put("BatchMatMul", (n, to) -> ProductRules.product(n, to, "adj_x", "adj_y"));
    RULES.put("BatchMatMulV2", ProductRules::batchProduct);
    RULES.put("BatchMatMulV3", ProductRules::batchProduct);
    RULES.put("Reshape", unary((n, g) -> reshape(n.tf, g, n.in(0).shape())));
    RULES.put("ExpandDims", unary((n, g) -> reshape(n.tf, g, n.in(0).shape())));
    RULES.put("Transpose", RearrangementRules::transpose);
    RULES.put("Sum", unary(GradientRules::spread));
    RULES.put("Mean", unary(GradientRules::mean));
    RULES.put("BroadcastTo", unary((n, g) -> unbroadcast(n.tf, g, n.in(0).shape())));
    RULES.put("Slice", unary(RearrangementRules::slice));
    RULES.put("Pad", unary(RearrangementRules::pad));
    RULES.put("PadV2", unary(RearrangementRules::pad));
    RULES.put("ConcatV2", RearrangementRules::concat);
    RULES.put("Pack", RearrangementRules::pack);
    RULES.put("Unpack", RearrangementRules::unpack);
    RULES.put("Split", RearrangementRules::split);
    RULES.put("SplitV", RearrangementRules::splitBySizes);
    RULES.put("GatherV2", RearrangementRules::gather);
    RULES.put("UnsortedSegmentSum", unary(RearrangementRules::segmentSum));
  }

  private GradientRules() {}

  /** Whether operations of that type can be differentiated. */
  static boolean has(String type) {
    return RULES.containsKey(type) || tensorflow.TFJ_HasGradient(type);
  }

  /** Hands the adjoint of every wanted input to {@code inputs}. */
  static void apply(Node node, BiConsumer<Integer, Operand<?>> inputs) {
    Rule rule = RULES.get(node.operation.type());
    if (rule == null || !shapesKnown(node.operation)) {
      registeredByTensorFlow(node, inputs);
    } else {
      rule.apply(node, inputs);
    }
  }

  /** Σ of operands of one shape. */
  static Operand<?> sum(Ops tf, List<Operand<?>> terms) {
    List<Operand<TFloating>> numbers = terms.stream().map(GradientRules::floating).toList();
    return OrderedSum.of(tf, numbers);
  }

  // The graph hands over operands of unknown type; whoever asks knows that they are numbers.
  @SuppressWarnings("unchecked")
  static Operand<TFloating> floating(Operand<?> operand) {
    return (Operand<TFloating>) operand;
  }

  private static boolean shapesKnown(GraphOperation operation) {
    for (int i = 0; i < operation.numInputs(); i++) {
      if (operation.input(i).shape().hasUnknownDimension()) {
        return false;
      }
    }
    return true;
  }

  /** Hands on what TensorFlow's own gradient of the operation gives. */
  static void registeredByTensorFlow(Node node, BiConsumer<Integer, Operand<?>> inputs) {
    List<Output<?>> outputs = new ArrayList<>();
    List<Output<?>> adjoints = new ArrayList<>();
    for (int i = 0; i < node.incoming.size(); i++) {
      if (node.incoming.get(i) != null) {
        outputs.add(node.operation.output(i));
        adjoints.add(node.incoming.get(i).asOutput());
      }
    }
    // A tensor read twice is asked for once: what TensorFlow gives is the sum over both readings.
    Map<Output<?>, Integer> positions = new LinkedHashMap<>();
    for (int i = 0; i < node.wanted.length; i++) {
      if (node.wanted[i]) {
        positions.putIfAbsent(node.operation.input(i), i);
      }
    }
    Output<?>[] gradients =
        node.operation
            .env()
            .addGradients(
                null,
                outputs.toArray(Output<?>[]::new),
                positions.keySet().toArray(Output<?>[]::new),
                adjoints.toArray(Output<?>[]::new));
    int next = 0;
    for (int position : positions.values()) {
      Output<?> gradient = gradients[next++];
      if (gradient != null) {
        inputs.accept(position, gradient);
      }
    }
  }

  /** The adjoint of the first input of an operation with one output. */
  @FunctionalInterface
  private interface UnaryRule {
    Operand<TFloating> apply(Node node, Operand<TFloating> adjoint);
  }

  private static Rule unary(UnaryRule rule) {
    return (node, inputs) -> inputs.accept(0, rule.apply(node, node.adjoint()));
  }

  private static Operand<TFloating> times(
      Node n, Operand<TFloating> a, Operand<TFloating> b, Operand<TFloating> c) {
    return n.tf.math.mul(n.tf.math.mul(a, b), c);
  }

  /** Sums a broadcast operand's adjoint back to the operand's own shape. */
  private static Operand<TFloating> unbroadcast(Ops tf, Operand<TFloating> g, Shape shape) {
    Shape wide = g.shape();
    if (wide.equals(shape)) {
      return g;
    }
    int extra = wide.numDimensions() - shape.numDimensions();
    List<Integer> axes = new ArrayList<>();
    for (int axis = 0; axis < wide.numDimensions(); axis++) {
      if (axis < extra || (shape.get(axis - extra) == 1 && wide.get(axis) != 1)) {
        axes.add(axis);
      }
    }
    int[] summed = axes.stream().mapToInt(Integer::intValue).toArray();
    // A sum over all axes is a scalar already: the shape of a scalar is an empty tensor.
    Operand<TFloating> sum = summed.length == 0 ? g : tf.reduceSum(g, tf.constant(summed));
    return shape.numDimensions() == 0 ? sum : reshape(tf, sum, shape);
  }

  /** x in a shape, itself where it has that shape. */
  static Operand<TFloating> reshape(Ops tf, Operand<TFloating> x, Shape shape) {
    if (x.shape().equals(shape)) {
      return x;
    }
    if (shape.numDimensions() == 0) {
      // The shape of a scalar would be an empty tensor: a sum of one term is the same.
      return tf.reduceSum(x, tf.constant(IntStream.range(0, x.shape().numDimensions()).toArray()));
    }
    return tf.reshape(x, tf.constant(ints(shape)));
  }

  /** The sizes of a known shape. */
  static int[] ints(Shape shape) {
    int[] sizes = new int[shape.numDimensions()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = Math.toIntExact(shape.get(i));
    }
    return sizes;
  }

  private static void add(Node n, BiConsumer<Integer, Operand<?>> to) {
    toWanted(n, to, 0, n.adjoint());
    toWanted(n, to, 1, n.adjoint());
  }

  /** Passes on an adjoint that still has the output's shape. */
  private static void toWanted(
      Node n, BiConsumer<Integer, Operand<?>> to, int input, Operand<TFloating> adjoint) {
    to.accept(input, unbroadcast(n.tf, adjoint, n.in(input).shape()));
  }

  private static void addN(Node n, BiConsumer<Integer, Operand<?>> to) {
    for (int i = 0; i < n.wanted.length; i++) {
      to.accept(i, n.adjoint());
    }
  }

  private static void subtract(Node n, BiConsumer<Integer, Operand<?>> to) {
    if (n.wanted[0]) {
      toWanted(n, to, 0, n.adjoint());
    }
    if (n.wanted[1]) {
      toWanted(n, to, 1, n.tf.math.neg(n.adjoint()));
    }
  }

  private static void multiply(Node n, BiConsumer<Integer, Operand<?>> to) {
    Optional<Integer> argument = ErrorFunctionProduct.argument(n);
    if (argument.isPresent()) {
      int u = argument.get();
      toWanted(n, to, u, ErrorFunctionProduct.adjoint(n, u));
      return;
    }
    if (n.wanted[0]) {
      toWanted(n, to, 0, n.tf.math.mul(n.adjoint(), n.in(1)));
    }
    if (n.wanted[1]) {
      toWanted(n, to, 1, n.tf.math.mul(n.adjoint(), n.in(0)));
    }
  }

  private static void divide(Node n, BiConsumer<Integer, Operand<?>> to) {
    Operand<TFloating> share = n.tf.math.div(n.adjoint(), n.in(1));
    if (n.wanted[0]) {
      toWanted(n, to, 0, share);
    }
    if (n.wanted[1]) {
      toWanted(n, to, 1, n.tf.math.neg(n.tf.math.mul(share, n.out())));
    }
  }

  private static void maximum(Node n, BiConsumer<Integer, Operand<?>> to) {
    Operand<TFloating> first =
        n.tf.dtypes.cast(n.tf.math.greaterEqual(n.in(0), n.in(1)), n.out().type());
    if (n.wanted[0]) {
      toWanted(n, to, 0, n.tf.math.mul(n.adjoint(), first));
    }
    if (n.wanted[1]) {
      toWanted(n, to, 1, n.tf.math.mul(n.adjoint(), n.tf.math.sub(n.constant(1), first)));
    }
  }

  /** y = x^(−1/2): dy/dx = −y³/2. */
  private static Operand<TFloating> rsqrt(Node n, Operand<TFloating> g) {
    Operand<TFloating> cube = n.tf.math.mul(n.tf.math.square(n.out()), n.out());
    return times(n, g, cube, n.constant(-0.5));
  }

  private static Operand<TFloating> tanh(Node n, Operand<TFloating> g) {
    return n.tf.math.mul(g, n.tf.math.sub(n.constant(1), n.tf.math.square(n.out())));
  }

  /** y = 1/(1 + e^(−x)): dy/dx = y − y². */
  private static Operand<TFloating> sigmoid(Node n, Operand<TFloating> g) {
    return n.tf.math.mul(g, n.tf.math.sub(n.out(), n.tf.math.square(n.out())));
  }

  private static Operand<TFloating> erf(Node n, Operand<TFloating> g) {
    return n.tf.math.mul(g, bell(n, n.in(0)));
  }

  /** d erf(x)/dx = 2/√π e^(−x²), the factor within the exponent: that saves a pass. */
  static Operand<TFloating> bell(Node n, Operand<TFloating> x) {
    Operand<TFloating> logFactor = n.constant(Math.log(2 / Math.sqrt(Math.PI)));
    return n.tf.math.exp(n.tf.math.sub(logFactor, n.tf.math.square(x)));
  }

  private static Operand<TFloating> softmax(Node n, Operand<TFloating> g) {
    Operand<TFloating> weighted = sumOverLast(n.tf, n.tf.math.mul(g, n.out()));
    return n.tf.math.mul(n.out(), n.tf.math.sub(g, weighted));
  }

  private static Operand<TFloating> logSoftmax(Node n, Operand<TFloating> g) {
    return n.tf.math.sub(g, n.tf.math.mul(n.tf.math.exp(n.out()), sumOverLast(n.tf, g)));
  }

  /**
   * The operation yields ℓ and its gradient d = p − q by the logits at once; the derivative of d is
   * that of p = softmax(z).
   */
  private static void crossEntropy(Node n, BiConsumer<Integer, Operand<?>> to) {
    if (n.wanted[1]) {
      registeredByTensorFlow(n, to);
      return;
    }
    List<Operand<?>> terms = new ArrayList<>();
    if (n.incoming.get(0) != null) {
      Operand<TFloating> column = n.tf.expandDims(n.adjoint(), n.tf.constant(1));
      terms.add(n.tf.math.mul(column, floating(n.operation.output(1))));
    }
    if (n.incoming.get(1) != null) {
      Operand<TFloating> adjoint = floating(n.incoming.get(1));
      Operand<TFloating> p = n.tf.nn.softmax(n.in(0));
      Operand<TFloating> mean = sumOverLast(n.tf, n.tf.math.mul(adjoint, p));
      terms.add(n.tf.math.mul(p, n.tf.math.sub(adjoint, mean)));
    }
    to.accept(0, terms.size() == 1 ? terms.get(0) : sum(n.tf, terms));
  }

  private static Operand<TFloating> sumOverLast(Ops tf, Operand<TFloating> x) {
    int last = x.shape().numDimensions() - 1;
    return tf.reduceSum(x, tf.constant(new int[] {last}), ReduceSum.keepDims(true));
  }

  private static void cast(Node n, BiConsumer<Integer, Operand<?>> to) {
    Class<? extends TType> from = n.operation.input(0).type();
    if (TFloating.class.isAssignableFrom(from)) {
      to.accept(0, n.tf.dtypes.cast(n.adjoint(), from.asSubclass(TNumber.class)));
    }
  }

  /** The adjoint of a sum, repeated over the axes that were summed. */
  private static Operand<TFloating> spread(Node n, Operand<TFloating> g) {
    Shape shape = n.in(0).shape();
    int[] kept = ints(shape);
    for (int axis : Constants.ints(n.operation.input(1))) {
      kept[axis < 0 ? axis + kept.length : axis] = 1;
    }
    Operand<TFloating> column = g;
    if (!n.flag("keep_dims")) {
      column = n.tf.reshape(g, n.tf.constant(kept));
    }
    return n.tf.broadcastTo(column, n.tf.constant(ints(shape)));
  }

  private static Operand<TFloating> mean(Node n, Operand<TFloating> g) {
    double share = (double) n.out().shape().size() / n.in(0).shape().size();
    return spread(n, n.tf.math.mul(g, n.constant(share)));
  }
}
