package org.bilora.export;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import com.google.common.primitives.Floats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.bilora.data.TaskType;
import org.bilora.text.Encoding;
import org.bilora.text.JsonTokenizer;
import org.bilora.text.Tokenizer;
import org.tensorflow.SavedModelBundle;

/**
 * An exported model, used as a server and its client would: texts through the packed tokenizer and
 * the predict signature to labels. It needs nothing but the version folder.
 */
public final class ServedModel implements AutoCloseable {
  private static final int ROWS = 32;

  private final Path directory;
  private final ServingSession session;
  private final Tokenizer tokenizer;
  private final List<String> labels;
  private final List<ServedAdapter> adapters;
  private final ExportRecord record;

  /** A text, or two. */
  public record Text(String first, Optional<String> second) {
    /** A single text. */
    public static Text of(String text) {
      return new Text(text, Optional.empty());
    }
  }

  /**
   * What the model says about a text.
   *
   * @param labels the most probable class (of tags, of each token), or the labels that are there;
   *     none for scores
   * @param values the probability of that class (or classes), or of every label, or the scores
   * @param logits {@code [labels]}, or {@code [tokens × labels]}
   */
  public record Answer(List<String> labels, List<Double> values, List<Float> logits) {
    /** Keeps copies of the collections. */
    public Answer {
      labels = ImmutableList.copyOf(labels);
      values = ImmutableList.copyOf(values);
      logits = ImmutableList.copyOf(logits);
    }

    /** The most probable class; empty for scores. */
    public Optional<String> label() {
      return labels.stream().findFirst();
    }

    /** Its probability, or the (first) score. */
    public double value() {
      return values.get(0);
    }
  }

  private ServedModel(
      Path directory,
      ServingSession session,
      Tokenizer tokenizer,
      List<String> labels,
      List<ServedAdapter> adapters,
      ExportRecord record) {
    this.directory = directory;
    this.session = session;
    this.tokenizer = tokenizer;
    this.labels = labels;
    this.adapters = adapters;
    this.record = record;
  }

  /**
   * Opens an export, if all of its files that decide an answer are as they were written.
   *
   * @param exported a version folder, or the model's base folder, of which the largest version is
   *     taken as a server would
   * @throws IOException when something is missing, damaged or changed: one line saying which file
   */
  public static ServedModel open(Path exported) throws IOException {
    Path directory = VersionDirectories.resolve(exported);
    ExportRecord record = ExportRecord.read(Assets.existing(directory.resolve(ExportRecord.FILE)));
    if (record.taskType().equals(TaskType.LANGUAGE_MODELLING.id())) {
      throw new IOException(
          "%s is a language model, which writes texts: TensorFlow Serving serves it; here texts are written by generate"
              .formatted(directory));
    }
    boolean several = record.files().containsKey(Assets.FOLDER + "/" + Assets.ADAPTERS);
    record.requireUnchanged(directory, SavedModelExport.deciding(several));
    List<ServedAdapter> adapters = several ? Assets.adapters(directory) : List.of();
    List<String> labels = several ? List.of() : Assets.labels(directory);
    Path definition = Assets.tokenizer(directory);
    Tokenizer tokenizer =
        JsonTokenizer.of(
            Files.readAllBytes(definition),
            record.segments()
                ? JsonTokenizer.Segments.FIRST_AND_SECOND
                : JsonTokenizer.Segments.NONE,
            definition.toString());
    try {
      ServingSession session = ServingSession.open(directory);
      int outputs = session.outputs();
      int named =
          adapters.isEmpty()
              ? Math.max(1, labels.size())
              : adapters.stream().mapToInt(ServedAdapter::outputs).max().orElseThrow();
      if (outputs != named) {
        session.close();
        throw new IOException(
            "%s has labels for %d classes, the model has %d logits; export the run again"
                .formatted(directory.resolve(Assets.FOLDER), named, outputs));
      }
      return new ServedModel(directory, session, tokenizer, labels, adapters, record);
    } catch (IOException | RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** The version folder that was opened. */
  public Path directory() {
    return directory;
  }

  /** What is answered beside the logits. */
  public ServedOutputs outputs() {
    return record.outputs(adapters.isEmpty() ? labels : adapters.get(0).labels());
  }

  /** The adapters of which each text names one; none where there is one model. */
  public List<ServedAdapter> adapters() {
    return adapters;
  }

  /**
   * The adapter of that name.
   *
   * @throws IllegalArgumentException when there is none
   */
  public ServedAdapter adapter(String name) {
    return adapters.stream()
        .filter(adapter -> adapter.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no adapter of this model is called %s; it has %s"
                        .formatted(name, adapters.stream().map(ServedAdapter::name).toList())));
  }

  /** Names of the logits; empty for a single score, and where adapters have labels of their own. */
  public List<String> labels() {
    return labels;
  }

  /** The loaded model, which {@link #close} closes. */
  public SavedModelBundle bundle() {
    return session.bundle();
  }

  /** Token id that fills up the shorter texts of a batch. */
  public int padTokenId() {
    return record.padTokenId();
  }

  /** Inputs of the predict signature for a batch of texts, cut at the length of the training. */
  public PaddedTexts encode(List<Text> texts) {
    return encode(texts, Collections.nCopies(texts.size(), record.maxTokens()));
  }

  /**
   * The same, each text cut at a length of its own.
   *
   * @param maxTokens one for each text
   */
  public PaddedTexts encode(List<Text> texts, List<Integer> maxTokens) {
    List<Encoding> encodings = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      Text text = texts.get(i);
      encodings.add(tokenizer.encode(text.first(), text.second(), maxTokens.get(i)));
    }
    return PaddedTexts.of(encodings, record.padTokenId());
  }

  /**
   * Answers, in the order of the texts. Longer texts are cut at the length of the training.
   *
   * @throws IllegalArgumentException when there are several adapters
   */
  public List<Answer> classify(List<Text> texts) {
    if (!adapters.isEmpty()) {
      throw new IllegalArgumentException(
          "the model has the adapters %s; say which one is to answer"
              .formatted(adapters.stream().map(ServedAdapter::name).toList()));
    }
    return classify(texts, record.maxTokens(), labels, List.of());
  }

  /**
   * Answers of one adapter.
   *
   * @throws IllegalArgumentException when there is none of that name
   */
  public List<Answer> classify(List<Text> texts, String adapter) {
    ServedAdapter named = adapter(adapter);
    return classify(texts, named.maxTokens(), named.labels(), List.of(adapter));
  }

  private List<Answer> classify(
      List<Text> texts, int maxTokens, List<String> names, List<String> adapter) {
    ImmutableList.Builder<Answer> answers = ImmutableList.builder();
    for (List<Text> batch : Lists.partition(texts, ROWS)) {
      List<String> ofRows = new ArrayList<>();
      batch.forEach(text -> ofRows.addAll(adapter));
      PaddedTexts ids = encode(batch, Collections.nCopies(batch.size(), maxTokens));
      ServingSession.Outputs outputs = session.run(ServingGraph.SIGNATURE, ids, ofRows);
      for (int row = 0; row < batch.size(); row++) {
        answers.add(answer(outputs, row, names));
      }
    }
    return answers.build();
  }

  private Answer answer(ServingSession.Outputs answered, int row, List<String> labels) {
    List<Float> all = Floats.asList(answered.logits()[row]);
    boolean tokens = outputs() == ServedOutputs.TOKENS;
    ImmutableList<Float> logits =
        ImmutableList.copyOf(tokens ? all : all.subList(0, Math.max(1, labels.size())));
    ImmutableList.Builder<String> present = ImmutableList.builder();
    ImmutableList.Builder<Double> values = ImmutableList.builder();
    switch (outputs()) {
      case TOKENS -> tags(answered.probabilities().orElseThrow()[row], labels, present, values);
      case CLASSES -> {
        float[] probabilities = answered.probabilities().orElseThrow()[row];
        int best = 0;
        for (int c = 1; c < logits.size(); c++) {
          best = logits.get(c) > logits.get(best) ? c : best;
        }
        present.add(labels.get(best));
        values.add((double) probabilities[best]);
      }
      case LABELS -> {
        float[] probabilities = answered.probabilities().orElseThrow()[row];
        for (int k = 0; k < logits.size(); k++) {
          values.add((double) probabilities[k]);
          if (logits.get(k) > 0) {
            present.add(labels.get(k));
          }
        }
      }
      case SCORE, SCORES -> logits.forEach(score -> values.add(score.doubleValue()));
    }
    return new Answer(present.build(), values.build(), logits);
  }

  /** The likeliest tag of each token, special tokens and padding included. */
  private static void tags(
      float[] probabilities,
      List<String> labels,
      ImmutableList.Builder<String> tags,
      ImmutableList.Builder<Double> values) {
    for (int token = 0; token < probabilities.length; token += labels.size()) {
      int best = token;
      for (int k = token; k < token + labels.size(); k++) {
        best = probabilities[k] > probabilities[best] ? k : best;
      }
      tags.add(labels.get(best - token));
      values.add((double) probabilities[best]);
    }
  }

  @Override
  public void close() {
    session.close();
    tokenizer.close();
  }
}
