import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bilora.export.ServedModel;
import org.tensorflow.Session;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TString;

/**
 * What adapters per row cost: an export of several adapters beside exports of single ones, in bytes
 * and in milliseconds of a run.
 *
 * <pre>
 * java -cp target/classes:$(cat target/bilora-cpu.classpath) benchmarks/serve/Adapters.java \
 *   OUT.json TOGETHER ALONE [ALONE …]
 * </pre>
 *
 * <p>Runs of serving_default on random token ids take turns: one with ALONE, one with TOGETHER
 * whose rows name one adapter, one with TOGETHER whose rows name all of them, and again, so that
 * whatever else the machine does meets all alike.
 */
public final class Adapters {
  private static final int ROUNDS = 15;
  private static final int WARM = 2;

  private Adapters() {}

  /** Measures and writes. */
  public static void main(String[] arguments) throws IOException {
    Path together = Path.of(arguments[1]);
    List<Path> alone = Arrays.stream(arguments).skip(2).map(Path::of).toList();
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("processors", Runtime.getRuntime().availableProcessors());
    report.put("bytes_together", bytes(together));
    report.put("bytes_alone", alone.stream().map(Adapters::bytes).toList());
    try (ServedModel several = ServedModel.open(together);
        ServedModel single = ServedModel.open(alone.get(0))) {
      List<String> names = several.adapters().stream().map(adapter -> adapter.name()).toList();
      report.put("adapters", names);
      List<Map<String, Object>> runs = new ArrayList<>();
      for (int rows : new int[] {1, 8, 32}) {
        for (int length : new int[] {16, 64}) {
          runs.add(measure(single, several, names, rows, length));
        }
      }
      report.put("milliseconds_of_a_run", runs);
    }
    String json = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(report);
    Files.writeString(Path.of(arguments[0]), json + "\n");
    System.out.println(json);
  }

  private static Map<String, Object> measure(
      ServedModel single, ServedModel several, List<String> names, int rows, int length) {
    List<String> one = new ArrayList<>();
    List<String> mixed = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      one.add(names.get(0));
      mixed.add(names.get(row % names.size()));
    }
    double[][] times = new double[3][ROUNDS];
    for (int round = -WARM; round < ROUNDS; round++) {
      double[] now = {
        milliseconds(single, List.of(), rows, length),
        milliseconds(several, one, rows, length),
        milliseconds(several, mixed, rows, length)
      };
      for (int kind = 0; kind < 3 && round >= 0; kind++) {
        times[kind][round] = now[kind];
      }
    }
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("rows", rows);
    figures.put("tokens", length);
    String[] kinds = {"alone", "together_one_adapter", "together_mixed"};
    for (int kind = 0; kind < 3; kind++) {
      Arrays.sort(times[kind]);
      figures.put(
          kinds[kind],
          Map.of("median", rounded(times[kind][ROUNDS / 2]), "fastest", rounded(times[kind][0])));
    }
    return figures;
  }

  private static double milliseconds(
      ServedModel model, List<String> adapters, int rows, int length) {
    SignatureDef signature =
        model.bundle().metaGraphDef().getSignatureDefOrThrow("serving_default");
    int[] ids = new int[rows * length];
    int[] ones = new int[ids.length];
    Arrays.fill(ones, 1);
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 2000 + 7919 * i % 20000;
    }
    Map<String, int[]> inputs =
        Map.of("input_ids", ids, "attention_mask", ones, "token_type_ids", new int[ids.length]);
    Session.Runner runner = model.bundle().session().runner();
    List<org.tensorflow.Tensor> fed = new ArrayList<>();
    inputs.forEach(
        (name, values) -> {
          if (signature.containsInputs(name)) {
            TInt32 tensor =
                TInt32.tensorOf(Shape.of(rows, length), DataBuffers.of(values, true, false));
            fed.add(tensor);
            runner.feed(signature.getInputsOrThrow(name).getName(), tensor);
          }
        });
    if (!adapters.isEmpty()) {
      TString tensor = TString.tensorOf(NdArrays.vectorOfObjects(adapters.toArray(String[]::new)));
      fed.add(tensor);
      runner.feed(signature.getInputsOrThrow("adapter").getName(), tensor);
    }
    runner.fetch(signature.getOutputsOrThrow("logits").getName());
    long start = System.nanoTime();
    runner.run().close();
    double time = (System.nanoTime() - start) / 1e6;
    fed.forEach(org.tensorflow.Tensor::close);
    return time;
  }

  private static double rounded(double milliseconds) {
    return Math.round(100 * milliseconds) / 100.0;
  }

  /** Of the largest version. */
  private static long bytes(Path base) {
    try (ServedModel model = ServedModel.open(base);
        Stream<Path> files = Files.walk(model.directory())) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
