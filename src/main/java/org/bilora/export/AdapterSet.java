package org.bilora.export;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.weights.HostTensor;

/**
 * Several trained encoders of one base, to be exported as one SavedModel that has the base's
 * weights once; each row of a request names its adapter.
 *
 * <p>Tasks may differ in their labels, in whether they have pairs of texts and in how long these
 * may be: a row is read and answered as its own adapter was trained. They may not differ in the
 * kind of their answers (classes, labels, scores, tags), which are one signature's outputs.
 */
public final class AdapterSet {
  private final List<ServedAdapter> adapters = new ArrayList<>();
  private final List<TrainedEncoder> runs = new ArrayList<>();

  /**
   * Adds one. Of the base only the first one's is kept.
   *
   * @param name what requests call it
   * @param run with references to hold the export against
   * @throws ExportRefusedException when the name is taken, the base is another one, the base itself
   *     was trained, or the answers are of another kind: what, and what to do
   */
  public void add(String name, TrainedEncoder run) throws ExportRefusedException {
    if (name.isBlank()) {
      throw new ExportRefusedException("the name of an adapter is blank; give it one: NAME=RUN");
    }
    if (adapters.stream().anyMatch(adapter -> adapter.name().equals(name))) {
      throw new ExportRefusedException(
          "two adapters are called %s; give one of them another name: NAME=RUN".formatted(name));
    }
    requireTokensOnly(name, run);
    requireFrozenBase(name, run);
    if (!runs.isEmpty()) {
      requireSameBase(name, run.base());
      requireSameAnswers(name, run);
    }
    adapters.add(new ServedAdapter(name, run.labels(), run.maxTokens(), run.pairs()));
    runs.add(runs.isEmpty() ? run : run.on(runs.get(0).base()));
  }

  private static void requireTokensOnly(String name, TrainedEncoder run)
      throws ExportRefusedException {
    if (!run.base().config().kind().readsTokensOnly()) {
      throw new ExportRefusedException(
          "%s is a %s, whose queries and keys are made of distances too, which all rows of a batch share, so that rows cannot have adapters of their own; export each run alone"
              .formatted(name, run.base().config().kind().title()));
    }
  }

  private static void requireFrozenBase(String name, TrainedEncoder run)
      throws ExportRefusedException {
    Set<String> head = new HashSet<>(run.head().outputTensors().keySet());
    head.addAll(run.head().denseTensors().keySet());
    Optional<String> other =
        run.trained().keySet().stream()
            .filter(tensor -> !head.contains(tensor))
            .sorted()
            .findFirst();
    if (other.isPresent()) {
      throw new ExportRefusedException(
          "%s trained the base itself (%s), which the others share; export it alone"
              .formatted(name, other.get()));
    }
  }

  private void requireSameBase(String name, PretrainedEncoder base) throws ExportRefusedException {
    PretrainedEncoder first = runs.get(0).base();
    String differs = null;
    if (!base.sha256().equals(first.sha256())) {
      differs =
          "its weights have the SHA-256 %s, those of %s %s"
              .formatted(base.sha256(), adapters.get(0).name(), first.sha256());
    } else if (!base.config().withLabels(List.of()).equals(first.config().withLabels(List.of()))
        || base.pooling() != first.pooling()) {
      differs = "its configuration is another one";
    } else if (!Arrays.equals(base.tokenizer().definition(), first.tokenizer().definition())) {
      differs = "its tokenizer is another one";
    }
    if (differs != null) {
      throw new ExportRefusedException(
          "%s was trained on another base than %s: %s; adapters in one model share their base"
              .formatted(name, adapters.get(0).name(), differs));
    }
  }

  private void requireSameAnswers(String name, TrainedEncoder run) throws ExportRefusedException {
    TrainedEncoder first = runs.get(0);
    ServedOutputs own = ServedOutputs.of(run.type(), run.labels());
    ServedOutputs others = ServedOutputs.of(first.type(), first.labels());
    if (own != others) {
      throw new ExportRefusedException(
          "%s is a %s, %s a %s, and one signature cannot answer both; export them apart"
              .formatted(name, own.kind(), adapters.get(0).name(), others.kind()));
    }
    if (!own.fillsUp() && run.labels().size() != first.labels().size()) {
      throw new ExportRefusedException(
          "%s has %d outputs, %s has %d, and a %s has none to fill up with; export them apart"
              .formatted(
                  name,
                  Math.max(1, run.labels().size()),
                  adapters.get(0).name(),
                  Math.max(1, first.labels().size()),
                  own.kind()));
    }
  }

  /** What is exported. */
  ServingModel model() {
    if (runs.isEmpty()) {
      throw new IllegalStateException("there is no adapter");
    }
    TrainedEncoder first = runs.get(0);
    int width = adapters.stream().mapToInt(ServedAdapter::outputs).max().orElseThrow();
    EncoderHead head = new EncoderHead(first.head().config(), first.head().pooling(), width);
    AdapterBank bank = AdapterBank.of(first.base(), head, adapters, runs);
    Map<String, HostTensor> weights =
        ImmutableMap.<String, HostTensor>builder()
            .putAll(first.base().weights())
            .putAll(bank.tensors())
            .buildOrThrow();
    return new ServingModel(
        first.base(),
        head,
        weights,
        first.type(),
        List.of(),
        adapters.stream().mapToInt(ServedAdapter::maxTokens).max().orElseThrow(),
        bank.anyPairs(),
        Optional.of(bank));
  }

  /** Each adapter's own batches, and a batch that mixes all of them. */
  List<ReferenceLogits> references() {
    List<ReferenceLogits> all = new ArrayList<>();
    List<ReferenceLogits> mixed = new ArrayList<>();
    int pad = runs.get(0).base().config().padTokenId();
    for (int i = 0; i < runs.size(); i++) {
      for (ReferenceLogits reference : runs.get(i).references()) {
        ReferenceLogits named = reference.of(adapters.get(i).name());
        all.add(named);
        mixed.add(named);
      }
    }
    all.add(ReferenceLogits.mixed(mixed, pad));
    return all;
  }

  /**
   * Writes the SavedModel; it appears whole or not at all.
   *
   * @param base the model's folder, which gets a folder per version
   * @throws ExportRefusedException when a row is answered otherwise than by its adapter alone
   * @throws IOException when it cannot be written
   */
  public Written write(Path base) throws IOException {
    SavedModelExport.Report report =
        SavedModelExport.write(model(), references(), base, OptionalLong.empty());
    return SavedModelForm.written(
        report,
        base,
        Map.of("adapters", adapters.stream().map(ServedAdapter::name).toList()),
        notes());
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    notes.add(
        "Adapters, by the input adapter: %s."
            .formatted(String.join(", ", adapters.stream().map(ServedAdapter::name).toList())));
    if (adapters.stream().map(ServedAdapter::outputs).distinct().count() > 1) {
      notes.add(
          "They have different numbers of labels: those that an adapter does not have get"
              + " probability 0.");
    }
    if (adapters.stream().map(TextReadings.Reading::of).distinct().count() > 1) {
      notes.add(
          "They read texts differently (pairs, or the longest length): each row is read as its"
              + " adapter was trained.");
    }
    return notes;
  }
}
