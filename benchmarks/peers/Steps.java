import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.bilora.bilevel.Darts;
import org.bilora.bilevel.Exact;
import org.bilora.bilevel.StepKind;
import org.bilora.bilevel.Unroll;
import org.bilora.data.Batch;
import org.bilora.method.AdapterSettings;
import org.bilora.method.BiLora;
import org.bilora.method.Lora;
import org.bilora.method.Method;
import org.bilora.model.DecoderConfig;
import org.bilora.model.EncoderConfig;
import org.bilora.model.EncoderHead;
import org.bilora.model.PretrainedDecoder;
import org.bilora.model.PretrainedEncoder;
import org.bilora.model.PretrainedEncoders;
import org.bilora.model.RandomDecoders;
import org.bilora.step.AdaptedModules;
import org.bilora.step.ExecutionSettings;
import org.bilora.step.FineTuning;
import org.bilora.step.StepBatches;
import org.bilora.step.StepRates;
import org.bilora.step.StepSettings;

/**
 * This project's side of the comparison: reads the name of a method from standard input, takes one
 * training step with it, and writes the milliseconds that it took. {@code peers.py} calls it.
 *
 * <pre>
 * java -cp … benchmarks/peers/Steps.java minilm-l6|gpt2-small ROWS LENGTH
 * </pre>
 */
final class Steps {
  private static final int LABELS = 2;
  private static final long SEED = 42;
  private static final Map<String, Method> METHODS = new LinkedHashMap<>();

  static {
    METHODS.put("lora", Lora.USUAL);
    METHODS.put("exact", BiLora.USUAL.withHypergradient(new Exact(Unroll.SGD)));
    METHODS.put("finite-difference", BiLora.USUAL.withHypergradient(new Darts(0.01)));
  }

  private final Random random = new Random(SEED);
  private final Map<String, FineTuning> open = new LinkedHashMap<>();
  private final int vocabulary;
  private final boolean decoder;
  private final int rows;
  private final int length;
  private long step;

  private Steps(String model, int rows, int length) throws IOException {
    this.rows = rows;
    this.length = length;
    this.decoder = model.equals("gpt2-small");
    AdapterSettings adapter = new AdapterSettings(8, 16, List.of("query", "value"));
    ExecutionSettings execution =
        new ExecutionSettings(ExecutionSettings.Precision.F32, ExecutionSettings.Jit.AUTO);
    if (decoder) {
      DecoderConfig config =
          new DecoderConfig(
              50257, 768, 12, 12, 3072, 1024, 1e-5, 0.1, 0.1, 0.1, OptionalInt.of(50256),
              EncoderConfig.Activation.GELU_TANH, DecoderConfig.AttentionScale.USUAL, true);
      // Token ids are random, so there is nothing to tokenize.
      PretrainedDecoder random = RandomDecoders.of("gpt2-small", config, null, SEED);
      vocabulary = config.vocabSize();
      METHODS.forEach(
          (name, method) ->
              open.put(
                  name,
                  FineTuning.open(
                      random,
                      AdaptedModules.of(random, adapter),
                      settings(method, adapter, execution))));
    } else {
      PretrainedEncoder encoder = PretrainedEncoders.load(model);
      vocabulary = encoder.config().vocabSize();
      METHODS.forEach(
          (name, method) ->
              open.put(
                  name,
                  FineTuning.open(
                      encoder,
                      new EncoderHead(encoder.config(), encoder.pooling(), LABELS),
                      AdaptedModules.of(encoder, adapter),
                      settings(method, adapter, execution))));
    }
  }

  private static StepSettings settings(
      Method method, AdapterSettings adapter, ExecutionSettings execution) {
    return new StepSettings(
        method, adapter, method.usualOptimizer(), OptionalDouble.empty(), execution, SEED);
  }

  private Batch batch() {
    int tokens = rows * length;
    int[] ones = new int[tokens];
    Arrays.fill(ones, 1);
    float[] weights = new float[rows];
    Arrays.fill(weights, 1);
    float[] targets = new float[rows];
    for (int row = 0; row < rows; row++) {
      targets[row] = random.nextInt(LABELS);
    }
    int[] ids = random.ints(tokens, 1, vocabulary).toArray();
    return decoder
        ? new Batch(
            rows, length, ids, ones, ones, targets, weights, new int[rows], rows * (length - 1))
        : new Batch(rows, length, ids, new int[tokens], ones, targets, weights, new int[rows]);
  }

  private double milliseconds(String name) {
    StepKind kind = METHODS.get(name).phases().get(0).kind();
    StepBatches batches =
        new StepBatches(
            kind,
            Stream.generate(this::batch).limit(kind.lowerBatches()).toList(),
            Stream.generate(this::batch).limit(kind.upperBatches()).toList());
    StepRates rates = new StepRates(step++, 5e-4f, 5e-3f, 5e-4f);
    long before = System.nanoTime();
    open.get(name).step(batches, rates);
    return (System.nanoTime() - before) / 1e6;
  }

  public static void main(String[] arguments) throws IOException {
    Steps steps =
        new Steps(arguments[0], Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
    System.out.println("ready");
    BufferedReader names =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String name = names.readLine(); name != null; name = names.readLine()) {
      System.out.println(steps.milliseconds(name));
      System.out.flush();
    }
  }
}
