package org.bilora.cli.option;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.bilora.adapter.Lambda;
import org.bilora.bilevel.Darts;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.FirstOrder;
import org.bilora.bilevel.Hypergradient;
import org.bilora.bilevel.Neumann;
import org.bilora.bilevel.Penalty;
import org.bilora.bilevel.Soba;
import org.bilora.bilevel.Unroll;
import org.bilora.data.GenerationTask;
import org.bilora.method.AdaLora;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLora;
import org.bilora.method.BiLoraBuilder;
import org.bilora.method.JointTraining;
import org.bilora.method.Lora;
import org.bilora.method.Methods;
import org.bilora.method.OptimizerSettings;
import org.bilora.method.TwoStage;
import org.bilora.settings.LayerSelection;
import org.bilora.step.ClassWeights;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.LossSettings;
import org.bilora.train.Checkpointing;
import org.bilora.train.Selection;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettings;
import org.bilora.train.TrainingSettingsBuilder;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;

class TrainingOptionsTest {
  /** A command with these options alone. */
  @Command(defaultValueProvider = SettingsAsOptions.class)
  private static final class Options {
    @Mixin private TrainingOptions training;
  }

  private static TrainingOptions parse(String... arguments) {
    Options options = new Options();
    new CommandLine(options).parseArgs(arguments);
    return options.training;
  }

  /** Settings that differ from the defaults in every field. */
  private static final TrainingSettings OTHER =
      TrainingSettingsBuilder.builder()
          .method(
              BiLoraBuilder.builder()
                  .lambda(Lambda.BINARY)
                  .hypergradient(new FirstOrder())
                  .lowerSteps(2)
                  .upperSteps(5)
                  .upperLearningRate(0.25)
                  .gamma1(0.5)
                  .gamma2(0.75)
                  .lowerFraction(0.6)
                  .xi(OptionalDouble.of(0.125))
                  .lastPhaseShare(OptionalDouble.of(0.25))
                  .build())
          .adapter(
              new AdapterSettings(
                  3,
                  5.5,
                  List.of("key", "output.dense"),
                  Optional.of(new LayerSelection("0,2-3")),
                  Map.of("key", 7),
                  Map.of("output.dense", 9.5)))
          .optimizer(new OptimizerSettings(3e-3, 0.02, 0.8, 0.95, 1e-6, 0.2, 2.5))
          .epochs(4)
          .maxSteps(77)
          .batchSize(9)
          .maxLength(33)
          .execution(
              new ExecutionSettings(
                  ExecutionSettings.Precision.BF16,
                  ExecutionSettings.Jit.OFF,
                  Optional.of(ExecutionSettings.PrefixCaching.ON),
                  OptionalInt.of(3),
                  Optional.of(true)))
          .seed(-5)
          .lengthBuckets(2)
          .batchTokens(OptionalInt.of(99))
          .labelSmoothing(OptionalDouble.of(0.2))
          .dropKey(OptionalDouble.of(0.15))
          .hiddenCut(OptionalDouble.of(0.35))
          .klWeight(OptionalDouble.of(0.7))
          .evaluateEvery(OptionalInt.of(3))
          .splitEveryEpoch(Optional.of(true))
          .selection(Optional.of(Selection.D2))
          .patience(OptionalInt.of(5))
          .loss(
              Optional.of(
                  new LossSettings(
                      Optional.of(ClassWeights.parse("1.0,2.5")), OptionalDouble.of(1.5))))
          .build();

  @Test
  void withoutOptionsTheSettingsAreTheDefaults() {
    assertEquals(TrainingDefaults.settings(BiLora.USUAL), parse().settings());
    assertEquals(TrainingDefaults.CHECKPOINTING, parse().checkpointing());
  }

  @Test
  void everyMethodWithoutOptionsHasItsDefaults() {
    for (String name : Methods.names()) {
      TrainingSettings settings = parse("--method", name).settings();
      assertEquals(TrainingDefaults.settings(Methods.named(name)), settings);
      assertEquals(settings, parse(asArguments(settings)).settings());
    }
  }

  @Test
  void aLearningRateThatIsGivenHoldsForEveryMethod() {
    for (String name : Methods.names()) {
      assertEquals(
          0.125, parse("--method", name, "--lr", "0.125").settings().optimizer().learningRate());
    }
  }

  @Test
  void everyOptionReachesItsField() {
    String all =
        "--method bilora --rank 3 --alpha 5.5 --targets key,output.dense --layers 0,2-3 --rank-pattern key=7 --alpha-pattern output.dense=9.5 --prefix-cache on --accumulate 3 --recompute --lambda binary"
            + " --hypergradient first-order --lower-steps 2 --upper-steps 5 --upper-lr 0.25 --xi"
            + " 0.125 --scales paper --gamma1 0.5 --gamma2 0.75 --split 0.6 --last-phase 0.25 --epochs 4 --max-steps 77 --batch 9"
            + " --max-length 33 --length-buckets 2 --batch-tokens 99 --label-smoothing 0.2 --class-weights 1.0,2.5 --focal-gamma 1.5 --drop-key 0.15 --hidden-cut 0.35 --kl-weight 0.7 --evaluate-every 3 --split-every-epoch true --select-on d2 --patience 5 --lr 0.003 --weight-decay 0.02 --beta1 0.8 --beta2 0.95 --epsilon"
            + " 1e-6 --warmup 0.2 --clip 2.5 --precision bf16 --jit off --seed -5";
    assertEquals(OTHER, parse(all.split(" ")).settings());
    assertDiffersInEveryField(TrainingDefaults.settings(BiLora.USUAL), OTHER);
  }

  @Test
  void knobsOfAnEstimatorReachItAndAreReadBack() {
    for (Hypergradient estimator :
        List.of(
            new Exact(Unroll.STEADY),
            new Darts(0.25),
            new Neumann(7, Unroll.STEADY),
            new Soba(0.25, 0.5),
            new Penalty(3))) {
      TrainingSettings settings =
          TrainingDefaults.settings(BiLora.USUAL.withHypergradient(estimator));
      assertEquals(settings, parse(asArguments(settings)).settings());
    }
    assertEquals(
        BiLora.USUAL.withHypergradient(new Neumann(7, Unroll.STEADY)),
        parse("--hypergradient", "neumann", "--terms", "7", "--unroll", "steady")
            .settings()
            .method());
  }

  @Test
  void aKnobOfAnotherEstimatorIsIdle() {
    Set<String> given = Set.of("--unroll", "--displacement");
    assertEquals(
        List.of("--unroll"),
        MethodOptions.idle(BiLora.USUAL.withHypergradient(new Darts(0.01)), given::contains));
    assertEquals(
        List.of("--displacement"),
        MethodOptions.idle(BiLora.USUAL.withHypergradient(new Exact()), given::contains));
  }

  @Test
  void settingsWrittenAsOptionsAreReadBack() {
    assertEquals(OTHER, parse(asArguments(OTHER)).settings());
  }

  @Test
  void aLastPhaseThatIsTakenAwayStaysAway() {
    TrainingSettings without = parse("--last-phase", "0").settings();
    assertEquals(OptionalDouble.empty(), ((BiLora) without.method()).lastPhaseShare());
    assertEquals(without, parse(asArguments(without)).settings());
    assertEquals("0", new SettingsAsOptions(without).values().get("--last-phase"));
    assertEquals("0", new SettingsAsOptions(GenerationTask.E2E).values().get("--last-phase"));
  }

  @Test
  void adapterDropoutReachesLora() {
    assertEquals(
        new Lora(0.25), parse("--method=lora", "--adapter-dropout=0.25").settings().method());
  }

  @Test
  void optionsOfTheControlsReachThem() {
    String shared = " --lambda real --upper-lr 0.25 --gamma1 0.5 --gamma2 0.75 --scales paper";
    assertEquals(
        new JointTraining(Lambda.REAL, 0.25, 0.5, 0.75),
        parse(("--method joint" + shared).split(" ")).settings().method());
    TrainingSettings stages =
        parse(("--method two-stage --split 0.6 --second-stage 0.4" + shared).split(" ")).settings();
    assertEquals(new TwoStage(Lambda.REAL, 0.25, 0.5, 0.75, 0.6, 0.4), stages.method());
    assertEquals(stages, parse(asArguments(stages)).settings());
  }

  @Test
  void optionsOfAdaLoraReachIt() {
    TrainingSettings settings =
        parse(
                ("--method adalora --initial-rank 13 --initial-share 0.25 --final-share 0.125"
                        + " --allocation-interval 7 --importance-decay 0.5 --uncertainty-decay 0.75"
                        + " --orthogonality-weight 0.375 --importance-of raw")
                    .split(" "))
            .settings();
    assertEquals(
        new AdaLora(OptionalInt.of(13), 0.25, 0.125, 7, 0.5, 0.75, 0.375), settings.method());
    assertEquals(settings, parse(asArguments(settings)).settings());
  }

  @Test
  void checkpointEveryReachesCheckpointing() {
    Duration usual = TrainingDefaults.CHECKPOINTING.everyTime();
    assertEquals(new Checkpointing(12, usual), parse("--checkpoint-every", "12").checkpointing());
  }

  @Test
  void theSettingsOfARunStandBehindOptionsThatAreNotGiven() {
    Options options = new Options();
    new CommandLine(options)
        .setDefaultValueProvider(new SettingsAsOptions(OTHER))
        .parseArgs("--epochs", "6");
    TrainingSettings resumed = options.training.settings();
    assertEquals(6, resumed.epochs());
    assertEquals(OTHER.method(), resumed.method());
    assertEquals(OTHER.optimizer(), resumed.optimizer());
  }

  @Test
  void everyOptionHasADefaultOfItsOwnExceptThoseThatDependOnTheMethod() {
    Set<String> options = new TreeSet<>();
    new CommandLine(new Options())
        .getCommandSpec()
        .options()
        .forEach(option -> options.add(option.longestName()));
    options.removeAll(Methods.knobs().keySet());
    options.remove("--lr");
    // Nothing unless given.
    options.removeAll(
        List.of(
            "--class-weights",
            "--rank-pattern",
            "--alpha-pattern",
            "--recompute",
            "--split-every-epoch"));
    assertEquals(options, new TreeSet<>(new SettingsAsOptions().values().keySet()));
  }

  @Test
  void everyKnobOfAMethodIsAnOptionWithItsDefaultAndItsReaders() {
    Map<String, OptionSpec> known = new CommandLine(new Options()).getCommandSpec().optionsMap();
    Methods.knobs()
        .keySet()
        .forEach(
            knob -> {
              String help = known.get(knob).description()[0];
              assertTrue(help.startsWith(String.join(", ", Methods.reading(knob)) + ": "), help);
              assertTrue(help.endsWith("(default: " + Methods.usual(knob) + ")."), help);
            });
    assertEquals(List.of("adalora"), Methods.reading("--initial-share"));
    assertEquals("0.15", Methods.usual("--initial-share"));
    assertEquals("1.5 times --rank", Methods.usual("--initial-rank"));
  }

  @Test
  void aValueOutOfRangeNamesFieldValueAndRange() {
    assertMessage("rank is 0; it must be 1 or more", "--rank", "0");
    assertMessage("lambda is 'soft'; known are real, softmax, binary", "--lambda", "soft");
    assertMessage(
        "layers is '5-3'; it must be last:N, first:N, or numbers and ranges such as 0,2,4-5",
        "--layers",
        "5-3");
    assertMessage("precision is 'f16'; known are f32, bf16", "--precision", "f16");
    assertMessage(
        "method is 'lokr'; known are full, head, lora, adalora, dora, bidora, meta-weight,"
            + " meta-decay, example-weight, joint, two-stage,"
            + " first-order, bilora",
        "--method",
        "lokr");
    assertMessage(
        "hypergradient is 'x'; known are exact, darts, betty, first-order, neumann, soba, penalty",
        "--hypergradient",
        "x");
  }

  private static void assertMessage(String message, String... arguments) {
    TrainingOptions options = parse(arguments);
    assertEquals(
        message, assertThrows(IllegalArgumentException.class, options::settings).getMessage());
  }

  private static String[] asArguments(TrainingSettings settings) {
    List<String> arguments = new ArrayList<>();
    for (Map.Entry<String, String> option : new SettingsAsOptions(settings).values().entrySet()) {
      arguments.add(option.getKey() + "=" + option.getValue());
    }
    return arguments.toArray(String[]::new);
  }

  /** Compares fields of records in depth; equal leaves would make a swapped option go unseen. */
  private static void assertDiffersInEveryField(Record a, Record b) {
    for (RecordComponent field : a.getClass().getRecordComponents()) {
      try {
        Object left = field.getAccessor().invoke(a);
        Object right = field.getAccessor().invoke(b);
        if (left instanceof Record record && left.getClass() == right.getClass()) {
          assertDiffersInEveryField(record, (Record) right);
        } else {
          assertTrue(!left.equals(right), field.getName() + " is " + left + " in both");
        }
      } catch (ReflectiveOperationException e) {
        throw new AssertionError(e);
      }
    }
  }
}
