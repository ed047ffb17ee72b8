package org.bilora.cli.command;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Maps;
import com.google.common.io.Closer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bilora.adapter.LowRankValues;
import org.bilora.cli.option.RunOption;
import org.bilora.data.Example;
import org.bilora.export.AdapterSet;
import org.bilora.export.ExportForm;
import org.bilora.export.Increments;
import org.bilora.export.PaddedTexts;
import org.bilora.export.ReferenceLogits;
import org.bilora.export.ServedModel;
import org.bilora.export.TrainedDecoder;
import org.bilora.export.TrainedEncoder;
import org.bilora.export.Written;
import org.bilora.generate.DecodingMethod;
import org.bilora.generate.DecodingSettings;
import org.bilora.text.Encoding;
import org.bilora.train.Pruning;
import org.bilora.train.TrainedLanguageModel;
import org.bilora.train.TrainedRun;
import org.bilora.train.TrainedValues;

/**
 * Exports a run's best values, held against what the run itself answers on texts of all lengths.
 */
final class RunExport {
  private static final String SENTENCE =
      "The committee approved the budget after a long debate, although nobody had read it.";

  private RunExport() {}

  /** Where an export goes by default: the form's folder and the run directory's name. */
  static Path defaultDirectory(ExportForm form, Path run) {
    return Path.of(form.folder()).resolve(run.toAbsolutePath().normalize().getFileName());
  }

  /** A run of an encoder, ready to be exported. */
  static TrainedEncoder of(TrainedRun run) {
    return of(run, Optional.empty());
  }

  /**
   * A run of an encoder, ready to be exported.
   *
   * @param pruning which its values have been through
   */
  static TrainedEncoder of(TrainedRun run, Optional<Pruning> pruning) {
    TrainedValues values = run.values();
    int maxTokens = Math.min(run.settings().maxLength(), run.model().config().maxTokens());
    return new TrainedEncoder(
        run.model(),
        run.head(),
        increments(values, pruning),
        values.head(),
        run.task().type(),
        ImmutableList.copyOf(run.task().labels()),
        maxTokens,
        run.task().pairs(),
        references(run, maxTokens));
  }

  /**
   * Run directories by the names of their adapters, in their order.
   *
   * @param given each RUN, which is called as the directory is, or NAME=RUN
   * @throws IOException when two have one name
   */
  static Map<String, Path> named(List<String> given) throws IOException {
    Map<String, Path> named = new LinkedHashMap<>();
    for (String each : given) {
      int equals = each.indexOf('=');
      Path directory = Path.of(each.substring(equals + 1));
      String name =
          equals < 0
              ? directory.toAbsolutePath().normalize().getFileName().toString()
              : each.substring(0, equals);
      if (named.put(name, directory) != null) {
        throw new IOException(
            "two adapters are called %s; give one of them another name: NAME=RUN".formatted(name));
      }
    }
    return named;
  }

  /**
   * Runs on one base as one SavedModel. One run after the other is open, and the first all along.
   */
  static Written together(Map<String, Path> runs, Path target) throws IOException {
    AdapterSet set = new AdapterSet();
    try (Closer open = Closer.create()) {
      for (Map.Entry<String, Path> run : runs.entrySet()) {
        TrainedRun trained = RunOption.open(run.getValue());
        try {
          set.add(run.getKey(), of(trained));
        } finally {
          if (run.getKey().equals(runs.keySet().iterator().next())) {
            open.register(trained::close);
          } else {
            trained.close();
          }
        }
      }
      return set.write(target);
    }
  }

  /**
   * A run of a decoder, ready to be exported.
   *
   * @param pruning which its values have been through
   * @param ofTask whether it was trained on a generation task
   */
  static TrainedDecoder of(
      TrainedLanguageModel run,
      Optional<Pruning> pruning,
      boolean ofTask,
      int maxNewTokens,
      int noRepeatNGram) {
    DecodingSettings usual = DecodingSettings.PUBLISHED;
    return new TrainedDecoder(
        run.model(),
        run.merged(),
        increments(run.values(), pruning),
        run.values().head(),
        ofTask,
        new DecodingSettings(
            new DecodingMethod.Greedy(),
            noRepeatNGram,
            0,
            maxNewTokens,
            usual.batch(),
            usual.cache()));
  }

  private static Increments increments(TrainedValues values, Optional<Pruning> pruning) {
    return values
        .form()
        .map(
            form -> {
              Map<String, LowRankValues> increments =
                  pruning.map(p -> p.increments(values)).orElseGet(values::increments);
              return new Increments(
                  increments, Maps.toMap(increments.keySet(), values::scale), form.triplets());
            })
        .orElseGet(Increments::none);
  }

  /** One text alone, and texts from a word to the longest padded together. */
  private static ImmutableList<ReferenceLogits> references(TrainedRun run, int maxTokens) {
    List<Example> texts = new ArrayList<>();
    for (int words = 1; words < 2 * maxTokens; words *= 3) {
      texts.add(example(run, words));
    }
    return ImmutableList.of(
        reference(run, List.of(example(run, 12)), maxTokens), reference(run, texts, maxTokens));
  }

  private static ReferenceLogits reference(TrainedRun run, List<Example> texts, int maxTokens) {
    List<Encoding> encodings =
        texts.stream()
            .map(text -> run.model().tokenizer().encode(text.text(), text.pair(), maxTokens))
            .toList();
    return new ReferenceLogits(
        PaddedTexts.of(encodings, run.model().config().padTokenId()),
        run.float32Logits(texts),
        texts.stream()
            .map(text -> new ServedModel.Text(text.text(), text.pair()))
            .collect(ImmutableList.toImmutableList()));
  }

  private static Example example(TrainedRun run, int words) {
    String[] sentence = SENTENCE.split(" ");
    StringBuilder text = new StringBuilder(sentence[0]);
    for (int i = 1; i < words; i++) {
      text.append(' ').append(sentence[i % sentence.length]);
    }
    return new Example(
        text.toString(),
        run.task().pairs() ? Optional.of(SENTENCE) : Optional.empty(),
        OptionalDouble.empty());
  }
}
