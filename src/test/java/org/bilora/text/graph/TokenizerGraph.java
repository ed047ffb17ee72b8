package org.bilora.text.graph;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bilora.text.Encoding;
import org.bilora.text.JsonTokenizer.Segments;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.NdArray;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TString;

/** A tokenizer's graph in a session. */
final class TokenizerGraph implements AutoCloseable {
  static final int PAD = 0;

  private final Graph graph = new Graph();
  private final Session session;
  private final Placeholder<TString> first;
  private final Optional<Placeholder<TString>> second;
  private final TokenizedTexts texts;

  TokenizerGraph(byte[] definition, Segments segments, boolean pairs, int maxTokens)
      throws IOException, UnsupportedTokenizerException {
    Ops tf = Ops.create(graph);
    first = tf.placeholder(TString.class, Placeholder.shape(Shape.of(-1)));
    second =
        pairs
            ? Optional.of(tf.placeholder(TString.class, Placeholder.shape(Shape.of(-1))))
            : Optional.empty();
    texts =
        GraphTokenizer.of(definition, segments)
            .build(tf, first, second.map(operand -> (Operand<TString>) operand), maxTokens, PAD);
    session = new Session(graph);
    Session.Runner runner = session.runner();
    for (Op initializer : texts.initializers()) {
      runner.addTarget(initializer);
    }
    if (!texts.initializers().isEmpty()) {
      runner.run().close();
    }
  }

  /** The rows without their padding, once that is seen to be padding. */
  List<Encoding> encode(List<String> texts) {
    return encodeBytes(
        texts.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList(), List.of());
  }

  List<Encoding> encode(List<String> texts, List<String> pairs) {
    return encodeBytes(
        texts.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList(),
        pairs.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList());
  }

  List<Encoding> encodeBytes(List<byte[]> texts, List<byte[]> pairs) {
    // No texts are no tensor: Java cannot make an empty one in TensorFlow's pooled memory.
    try (TString fed = tensor(texts);
        TString fedPairs = pairs.isEmpty() ? null : tensor(pairs)) {
      Session.Runner runner =
          session
              .runner()
              .feed(first, fed)
              .fetch(this.texts.inputIds())
              .fetch(this.texts.attentionMask())
              .fetch(this.texts.tokenTypeIds());
      second.ifPresent(operand -> runner.feed(operand, fedPairs));
      try (Result result = runner.run()) {
        return rows(result, texts.size());
      }
    }
  }

  private static List<Encoding> rows(Result result, int rows) {
    int[] ids = numbers(result.get(0));
    int[] mask = numbers(result.get(1));
    int[] types = numbers(result.get(2));
    int length = rows == 0 ? 0 : ids.length / rows;
    List<Encoding> encodings = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      int tokens = 0;
      for (int at = row * length; at < (row + 1) * length; at++) {
        tokens += mask[at];
        boolean beforeTheEnd = at - row * length < tokens;
        if (mask[at] == 1 ? !beforeTheEnd : ids[at] != PAD || types[at] != 0) {
          throw new AssertionError("row %d is not padded at its end".formatted(row));
        }
      }
      encodings.add(
          new Encoding(
              Arrays.copyOfRange(ids, row * length, row * length + tokens),
              Arrays.copyOfRange(types, row * length, row * length + tokens),
              false));
    }
    int longest = encodings.stream().mapToInt(Encoding::length).max().orElse(0);
    if (longest != length) {
      throw new AssertionError("%d columns for %d tokens".formatted(length, longest));
    }
    return encodings;
  }

  /** {@code [rows, columns]} of the ids of no texts at all. */
  static long[] shapeOfNone(byte[] definition, int maxTokens)
      throws IOException, UnsupportedTokenizerException {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TString> none =
          tf.slice(tf.array("a"), tf.constant(new int[] {0}), tf.constant(new int[] {0}));
      TokenizedTexts texts =
          GraphTokenizer.of(definition, Segments.NONE)
              .build(tf, none, Optional.empty(), maxTokens, PAD);
      try (Session session = new Session(graph)) {
        Session.Runner initialize = session.runner();
        texts.initializers().forEach(initialize::addTarget);
        if (!texts.initializers().isEmpty()) {
          initialize.run().close();
        }
        try (Result result = session.runner().fetch(tf.shape(texts.inputIds())).run()) {
          int[] shape = numbers(result.get(0));
          return new long[] {shape[0], shape[1]};
        }
      }
    }
  }

  private static TString tensor(List<byte[]> texts) {
    NdArray<byte[]> vector = NdArrays.ofObjects(byte[].class, Shape.of(texts.size()));
    for (int i = 0; i < texts.size(); i++) {
      vector.setObject(texts.get(i), i);
    }
    return TString.tensorOfBytes(vector);
  }

  private static int[] numbers(Tensor tensor) {
    int[] numbers = new int[(int) tensor.shape().size()];
    ((TInt32) tensor).asRawTensor().data().asInts().read(numbers);
    return numbers;
  }

  @Override
  public void close() {
    session.close();
    graph.close();
  }
}
