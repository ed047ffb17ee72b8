package org.bilora.export;

import com.google.common.primitives.Longs;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.bilora.data.TaskType;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/**
 * What an exported model answers beside its logits, by the type of its task.
 *
 * <pre>
 * classes   probabilities [rows, labels] (softmax), label [rows]
 * labels    probabilities [rows, labels] (sigmoid of each)
 * score     scores [rows]
 * scores    scores [rows, labels]
 * tokens    logits, probabilities [rows, length, labels] (softmax), label [rows, length]
 * </pre>
 */
public enum ServedOutputs {
  /** One class of several. */
  CLASSES("classifier", "single_label_classification") {
    @Override
    Map<String, Operand<TFloat32>> numbers(Ops scope, Operand<TFloat32> logits) {
      return Map.of(
          ServingGraph.PROBABILITIES,
          scope.withName(ServingGraph.PROBABILITIES).nn.softmax(logits));
    }

    @Override
    Map<String, Operand<TString>> names(Ops scope, Operand<TFloat32> logits, LabelNames labels) {
      return Map.of(ServingGraph.LABEL, best(scope, logits, labels, 1));
    }

    @Override
    String described(List<String> labels) {
      return "`label` `[rows]`, the name of the most probable class; `probabilities` and `logits`\n`[rows, %d]`, in the order %s."
          .formatted(labels.size(), shown(labels));
    }
  },

  /** Labels that are there or not. */
  LABELS("classifier of several labels", "multi_label_classification") {
    @Override
    Map<String, Operand<TFloat32>> numbers(Ops scope, Operand<TFloat32> logits) {
      return Map.of(
          ServingGraph.PROBABILITIES,
          scope.withName(ServingGraph.PROBABILITIES).math.sigmoid(logits));
    }

    @Override
    String described(List<String> labels) {
      return "`probabilities` (each label's own: it is there from 0.5 on) and `logits`\n`[rows, %d]`, in the order %s."
          .formatted(labels.size(), shown(labels));
    }
  },

  /** One score. */
  SCORE("regression", "regression") {
    @Override
    Map<String, Operand<TFloat32>> numbers(Ops scope, Operand<TFloat32> logits) {
      return Map.of(
          ServingGraph.SCORES,
          scope.withName(ServingGraph.SCORES).reshape(logits, scope.array(-1)));
    }

    @Override
    int scoreColumns(int outputs) {
      return 0;
    }

    @Override
    String described(List<String> labels) {
      return "`scores` `[rows]`; `logits` `[rows, 1]`, the same.";
    }
  },

  /** Several scores. */
  SCORES("regression", "regression") {
    @Override
    Map<String, Operand<TFloat32>> numbers(Ops scope, Operand<TFloat32> logits) {
      return Map.of(ServingGraph.SCORES, scope.withName(ServingGraph.SCORES).identity(logits));
    }

    @Override
    String described(List<String> labels) {
      return "`scores` and `logits`, the same, `[rows, %d]`, in the order %s."
          .formatted(labels.size(), shown(labels));
    }
  },

  /** One class of several for each token; a word's is that of its first. */
  TOKENS("tagger of words", null) {
    @Override
    Map<String, Operand<TFloat32>> numbers(Ops scope, Operand<TFloat32> logits) {
      return CLASSES.numbers(scope, logits);
    }

    @Override
    Map<String, Operand<TString>> names(Ops scope, Operand<TFloat32> logits, LabelNames labels) {
      return Map.of(ServingGraph.LABEL, best(scope, logits, labels, 2));
    }

    @Override
    boolean perToken() {
      return true;
    }

    @Override
    String described(List<String> labels) {
      return "`label` `[rows, length]`, the most probable tag of each token (a word has that of its\nfirst token); `probabilities` and `logits` `[rows, length, %d]`, in the order %s."
          .formatted(labels.size(), shown(labels));
    }
  };

  private final String kind;
  private final Optional<String> problemType;

  ServedOutputs(String kind, String problemTypeOrNull) {
    this.kind = kind;
    this.problemType = Optional.ofNullable(problemTypeOrNull);
  }

  /**
   * Those of a task: the registry.
   *
   * @param labels names of classes, labels or several scores
   */
  public static ServedOutputs of(TaskType type, List<String> labels) {
    return switch (type) {
      case CLASSIFICATION -> CLASSES;
      case MULTI_LABEL -> LABELS;
      case REGRESSION -> labels.isEmpty() ? SCORE : SCORES;
      case TOKEN_CLASSIFICATION -> TOKENS;
      case LANGUAGE_MODELLING ->
          throw new IllegalArgumentException("task type %s is not served".formatted(type.id()));
    };
  }

  /** Whether labels that one adapter has and another has not can be answered as not being there. */
  boolean fillsUp() {
    return this == CLASSES || this == LABELS;
  }

  /** What the model is, such as {@code classifier}. */
  String kind() {
    return kind;
  }

  /** What Transformers' configurations call it, where it is one of texts. */
  Optional<String> problemType() {
    return problemType;
  }

  /** Probabilities or scores, by output. */
  abstract Map<String, Operand<TFloat32>> numbers(Ops scope, Operand<TFloat32> logits);

  /** Names that follow from the logits, by output. */
  Map<String, Operand<TString>> names(Ops scope, Operand<TFloat32> logits, LabelNames labels) {
    return Map.of();
  }

  /**
   * Columns of a row of {@link #numbers}; 0 for a single number.
   *
   * @param outputs columns of the logits
   */
  int scoreColumns(int outputs) {
    return outputs;
  }

  /** Whether there is an answer for each token rather than for each text. */
  boolean perToken() {
    return false;
  }

  /** The outputs for a README. */
  abstract String described(List<String> labels);

  /** From the numbers of labels to their names. */
  @FunctionalInterface
  interface LabelNames {
    /** Of labels in their order. */
    static LabelNames of(List<String> labels) {
      return (scope, numbers) -> {
        Operand<TString> names =
            scope.constant(StandardCharsets.UTF_8, labels.toArray(String[]::new));
        return scope.withName(ServingGraph.LABEL).gather(names, numbers, scope.constant(0));
      };
    }

    /** Names of the same shape as the numbers. */
    Operand<TString> of(Ops scope, Operand<TInt64> numbers);
  }

  /**
   * Adds logits and all that follows from them to a signature.
   *
   * @param outputs columns of the logits
   */
  void declare(
      ServingSignature signature,
      Ops scope,
      Operand<TFloat32> logits,
      int outputs,
      LabelNames labels) {
    signature.output(
        ServingGraph.LOGITS,
        scope.withName(ServingGraph.LOGITS).identity(logits),
        Longs.concat(rows(), new long[] {outputs}));
    int columns = scoreColumns(outputs);
    long[] last = columns == 0 ? new long[0] : new long[] {columns};
    numbers(scope, logits)
        .forEach((name, operand) -> signature.output(name, operand, Longs.concat(rows(), last)));
    names(scope, logits, labels)
        .forEach((name, operand) -> signature.output(name, operand, rows()));
  }

  private long[] rows() {
    return perToken() ? new long[] {-1, -1} : new long[] {-1};
  }

  /** Logits and numbers by output, in an order that stays. */
  Map<String, Operand<TFloat32>> withLogits(Ops scope, Operand<TFloat32> logits) {
    Map<String, Operand<TFloat32>> outputs = new LinkedHashMap<>();
    outputs.put(ServingGraph.LOGITS, scope.withName(ServingGraph.LOGITS).identity(logits));
    outputs.putAll(numbers(scope, logits));
    return outputs;
  }

  private static Operand<TString> best(
      Ops scope, Operand<TFloat32> logits, LabelNames labels, int axis) {
    return labels.of(scope, scope.math.argMax(logits, scope.constant(axis)));
  }

  private static String shown(List<String> labels) {
    return labels.stream().map("`%s`"::formatted).collect(Collectors.joining(", "));
  }
}
