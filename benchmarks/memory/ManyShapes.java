import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.bilora.bilevel.StepKind;
import org.bilora.data.Batch;
import org.bilora.data.EncodedExample;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLora;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.step.AdaptedModules;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepSettings;
import org.bilora.text.Encoding;
import org.bilora.train.TrainingDefaults;
import org.bilora.train.TrainingSettingsBuilder;

/**
 * What one session holds and takes as it meets more and more batch shapes: lengths of 8, 16, 24, …
 * tokens, one after the other. Prints a line of CSV per shape: the process's resident memory, processor
 * time and time by the clock of the shape's first step, and processor time of its third.
 *
 * <pre>
 * java -XX:+UseSerialGC -Xmx1g -cp target/classes:$(cat target/bilora-cpu.classpath) \
 *   benchmarks/memory/ManyShapes.java lora|bilora SHAPES ROWS
 * </pre>
 */
public final class ManyShapes {
  private static final int MULTIPLE = 8;
  private static final int STEPS = 3;
  private static final int LABELS = 2;

  private ManyShapes() {}

  /** Measures and prints. */
  public static void main(String[] arguments) throws IOException {
    Method method = arguments[0].equals("lora") ? new Lora(0) : BiLora.USUAL;
    int shapes = Integer.parseInt(arguments[1]);
    int rows = Integer.parseInt(arguments[2]);
    Random random = new Random(1);
    AdapterSettings adapter =
        new AdapterSettings(8, TrainingDefaults.ADAPTER.alpha(), TrainingDefaults.ADAPTER.targets());
    StepSettings settings =
        TrainingSettingsBuilder.builder()
            .method(method)
            .adapter(adapter)
            .optimizer(TrainingDefaults.optimizer(method))
            .epochs(1)
            .maxSteps(0)
            .batchSize(rows)
            .maxLength(512)
            .execution(
                new ExecutionSettings(ExecutionSettings.Precision.F32, ExecutionSettings.Jit.OFF))
            .seed(1)
            .build()
            .step()
            .withLowerExamples(10_000);
    System.out.println("shapes,tokens,mb,first_step_cpu_ms,first_step_ms,third_step_cpu_ms,lower_loss");
    try (PretrainedEncoder model = PretrainedEncoders.load("minilm-l6");
        FineTuning session =
            FineTuning.open(
                model,
                new EncoderHead(model.config(), model.pooling(), LABELS),
                AdaptedModules.of(model, adapter),
                settings,
                Optional.empty())) {
      StepKind kind = method.phases().get(0).kind();
      long step = 0;
      for (int shape = 1; shape <= shapes; shape++) {
        int length = shape * MULTIPLE;
        double[] milliseconds = new double[STEPS];
        double[] processor = new double[STEPS];
        double loss = 0;
        for (int i = 0; i < STEPS; i++) {
          StepBatches batches =
              new StepBatches(
                  kind,
                  Stream.generate(() -> batch(random, rows, length))
                      .limit(kind.lowerBatches())
                      .toList(),
                  Stream.generate(() -> batch(random, rows, length))
                      .limit(kind.upperBatches())
                      .toList());
          long before = System.nanoTime();
          long processorBefore = processorTime();
          loss =
              session
                  .step(batches, new StepRates(step++, 1e-4f, 1e-4f, 1e-4f))
                  .lowerLoss()
                  .orElse(Double.NaN);
          milliseconds[i] = (System.nanoTime() - before) / 1e6;
          processor[i] = (processorTime() - processorBefore) / 1e6;
        }
        System.gc();
        System.out.printf(
            "%d,%d,%d,%.0f,%.0f,%.0f,%s%n",
            shape,
            length,
            residentMegabytes(),
            processor[0],
            milliseconds[0],
            processor[STEPS - 1],
            loss);
      }
    }
  }

  private static Batch batch(Random random, int rows, int length) {
    List<EncodedExample> examples = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      int[] ids = random.ints(length, 1000, 20_000).toArray();
      Encoding text = new Encoding(ids, new int[length], false);
      examples.add(new EncodedExample(text, random.nextInt(LABELS), row));
    }
    return Batch.of(examples, rows, length);
  }

  private static long processorTime() {
    return ((com.sun.management.OperatingSystemMXBean)
            ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static long residentMegabytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1_000_000)
        .findFirst()
        .orElseThrow();
  }
}
