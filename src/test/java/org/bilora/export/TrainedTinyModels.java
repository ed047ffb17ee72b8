package org.bilora.export;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Floats;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bilora.adapter.Lambda;
import org.bilora.data.Batch;
import org.bilora.data.TaskType;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLora;
import org.bilora.method.Method;
import org.bilora.method.Methods;
import org.bilora.method.OptimizerSettings;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.TargetModules;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.FineTuning;
import org.bilora.text.JsonTokenizer;
import org.bilora.text.WordPieceDefinition;
import org.bilora.train.TrainedValues;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;
import org.bilora.train.TrainingSettingsBuilder;
import org.bilora.weights.HostTensor;

/** A tiny encoder with trained values in it, and the logits it gives with its adapters unmerged. */
record TrainedTinyModels(
    PretrainedEncoder encoder,
    EncoderHead head,
    TrainedValues trained,
    List<ReferenceLogits> references) {
  static final AdapterSettings ADAPTER =
      new AdapterSettings(3, 6, List.of("query", "value", "output.dense"));
  private static final List<String> MODULES =
      List.of(
          "encoder.layer.0.attention.self.query",
          "encoder.layer.1.attention.self.value",
          "encoder.layer.0.attention.output.dense",
          "encoder.layer.1.output.dense");

  /** As training starts: every increment is 0. */
  static TrainedTinyModels fresh(PretrainedEncoder encoder, int labels, Method method) {
    return model(encoder, head(encoder, labels), method, MODULES, 0);
  }

  /** With random values in every trainable tensor. */
  static TrainedTinyModels trained(PretrainedEncoder encoder, int labels, Method method) {
    return trained(encoder, labels, method, MODULES);
  }

  /** The same with other layers adapted. */
  static TrainedTinyModels trained(
      PretrainedEncoder encoder, int labels, Method method, List<String> modules) {
    return model(encoder, head(encoder, labels), method, modules, 0.3);
  }

  /** A tagger of words with random values in its query and value layers and its head. */
  static TrainedTinyModels tagger(PretrainedEncoder encoder, int labels, Method method) {
    return model(
        encoder,
        new EncoderHead(encoder.config(), EncoderHead.Pooling.TOKENS, labels),
        method,
        TargetModules.match(encoder, List.of("query", "value")),
        0.3);
  }

  private static EncoderHead head(PretrainedEncoder encoder, int labels) {
    return new EncoderHead(encoder.config(), encoder.pooling(), labels);
  }

  private static TrainedTinyModels model(
      PretrainedEncoder encoder,
      EncoderHead head,
      Method method,
      List<String> modules,
      double deviation) {
    TrainingSettings settings =
        TrainingSettingsBuilder.builder()
            .method(method)
            .adapter(ADAPTER)
            .optimizer(OptimizerSettings.USUAL)
            .epochs(1)
            .maxSteps(0)
            .batchSize(4)
            .maxLength(32)
            .execution(
                new ExecutionSettings(ExecutionSettings.Precision.F32, ExecutionSettings.Jit.OFF))
            .seed(7)
            .build();
    try (FineTuning tuning =
        FineTuning.open(encoder, head, modules, settings.step().withLowerExamples(4))) {
      if (deviation > 0) {
        Random random = new Random(11);
        Map<String, HostTensor> state = new HashMap<>(tuning.state());
        for (String name : new java.util.TreeSet<>(tuning.trained().keySet())) {
          state.put(name, normal(random, state.get(name).shape(), deviation));
        }
        tuning.restore(state);
      }
      List<ReferenceLogits> references = new ArrayList<>();
      for (int[] shape : new int[][] {{1, 5}, {3, 17}, {3, 5}, {1, 17}}) {
        Batch batch = batch(encoder, shape[0], shape[1]);
        references.add(
            new ReferenceLogits(
                new PaddedTexts(
                    batch.rows(),
                    batch.length(),
                    batch.inputIds(),
                    batch.attentionMask(),
                    batch.tokenTypeIds()),
                byText(tuning.logits(batch), batch.rows())));
      }
      return new TrainedTinyModels(
          encoder, head, TrainedValues.of(method, ADAPTER, tuning.trained()), references);
    }
  }

  /** Adapters merged, classes a, b, c …; one label is a regression task. */
  ServingModel merged() throws IOException {
    return merged(head.labels() > 1 ? TaskType.CLASSIFICATION : TaskType.REGRESSION);
  }

  /** The same for another type of task. */
  ServingModel merged(TaskType type) throws IOException {
    Map<String, HostTensor> weights = encoder.mergedWeights(trained.increments(), trained.head());
    List<String> labels = new ArrayList<>();
    for (int label = 0; head.labels() > 1 && label < head.labels(); label++) {
      labels.add(String.valueOf((char) ('a' + label)));
    }
    return ServingModel.of(
        encoder, head, weights, type, labels, 20, encoder.config().typeVocabSize() > 1);
  }

  /** The same encoder with a tokenizer that a tokenizer.json defines: the words w0, w1, … */
  static PretrainedEncoder withJsonTokenizer(PretrainedEncoder encoder) throws IOException {
    List<String> vocabulary =
        new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    for (int word = 0; word < 20; word++) {
      vocabulary.add("w" + word);
    }
    byte[] definition = WordPieceDefinition.lowerCase(vocabulary, "test");
    return new PretrainedEncoder(
        encoder.name(),
        encoder.config(),
        encoder.weights(),
        JsonTokenizer.of(definition, JsonTokenizer.Segments.FIRST_AND_SECOND, "test"),
        encoder.pooling(),
        encoder.source(),
        encoder.sha256(),
        encoder.files());
  }

  /** Of a head over tokens, those of all tokens of a text one after the other. */
  private static float[][] byText(float[][] logits, int rows) {
    int tokens = logits.length / rows;
    float[][] byText = new float[rows][];
    for (int row = 0; row < rows; row++) {
      byText[row] = Floats.concat(Arrays.copyOfRange(logits, row * tokens, (row + 1) * tokens));
    }
    return byText;
  }

  private static HostTensor normal(Random random, long[] shape, double deviation) {
    int size = 1;
    for (long axis : shape) {
      size *= (int) axis;
    }
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return HostTensor.of(values, shape);
  }

  /** Random tokens; every second row is half padding, and segments change in the middle. */
  private static Batch batch(PretrainedEncoder encoder, int rows, int length) {
    Random random = new Random(rows * 100L + length);
    int[] ids = new int[rows * length];
    int[] mask = new int[rows * length];
    int[] types = new int[rows * length];
    int[] indices = new int[rows];
    float[] weights = new float[rows];
    for (int row = 0; row < rows; row++) {
      int tokens = row % 2 == 0 ? length : length / 2;
      indices[row] = row;
      weights[row] = 1;
      for (int at = 0; at < length; at++) {
        boolean real = at < tokens;
        ids[row * length + at] =
            real
                ? 4 + random.nextInt(encoder.config().vocabSize() - 4)
                : encoder.config().padTokenId();
        mask[row * length + at] = real ? 1 : 0;
        types[row * length + at] =
            real && at > tokens / 2 && encoder.config().typeVocabSize() > 1 ? 1 : 0;
      }
    }
    return new Batch(rows, length, ids, types, mask, new float[rows], weights, indices);
  }

  /** Every method with increments, and every parameterisation of Λ. */
  static List<Method> methods() {
    ImmutableList.Builder<Method> methods = ImmutableList.builder();
    Methods.all().values().stream()
        .filter(method -> method.adapterForm(TrainingDefaults.ADAPTER).isPresent())
        .forEach(methods::add);
    for (Lambda lambda : Lambda.values()) {
      methods.add(Methods.with(BiLora.USUAL, Map.of("--lambda", lambda.name())));
    }
    return methods.build();
  }
}
