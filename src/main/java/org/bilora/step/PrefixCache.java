package org.bilora.step;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.bilora.data.Batch;
import org.bilora.data.EncodedExample;
import org.bilora.data.EvaluationBatches;
import org.bilora.model.PretrainedModel;
import org.bilora.step.ExecutionSettings.Precision;
import org.bilora.weights.AtomicFile;
import org.tensorflow.TensorFlow;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;

/**
 * A folder of states behind frozen lower layers, a file for each model, number of layers and set of
 * texts. The file's name has the hash of all that decides what is in it: the model's weights and
 * architecture, the number of layers, the precision, the device, and every text's token ids, which
 * tell of data, tokenizer and maximum length. Texts are computed in an order of their own, so that
 * the same set always has the same bits.
 *
 * @param folder made when it is first needed
 * @param mostBytes that all files together may have; those unused for longest go first
 */
public record PrefixCache(Path folder, long mostBytes) {
  /** Most bytes of the usual folder, unless {@code BILORA_CACHE_GB} says otherwise. */
  private static final long USUAL_GIGABYTES = 20;

  private static final int ROWS = 32;
  private static final String FORMAT = "1";
  private static final String SUFFIX = ".states";

  /** Held while states are looked for and computed: trainings side by side want the same ones. */
  private static final Object COMPUTING = new Object();

  /**
   * The user's folder: {@code BILORA_CACHE} (a system property {@code bilora.cache} goes before
   * it), or {@code bilora} in the folder where the system has such files.
   */
  public static PrefixCache usual() {
    String set = System.getProperty("bilora.cache", System.getenv("BILORA_CACHE"));
    String system = System.getenv("XDG_CACHE_HOME");
    Path base =
        set != null
            ? Path.of(set)
            : (system == null || system.isBlank()
                    ? Path.of(System.getProperty("user.home"), ".cache")
                    : Path.of(system))
                .resolve("bilora");
    return new PrefixCache(base.resolve("prefix"), usualGigabytes() << 30);
  }

  private static long usualGigabytes() {
    String set = System.getenv("BILORA_CACHE_GB");
    if (set == null) {
      return USUAL_GIGABYTES;
    }
    if (!set.matches("\\d{1,6}")) {
      throw new IllegalArgumentException(
          "BILORA_CACHE_GB is '%s'; it must be a whole number of gigabytes".formatted(set));
    }
    return Long.parseLong(set);
  }

  /**
   * The states of texts, from their file, or computed now and kept.
   *
   * @param layers how many, from the first one
   * @param examples all that will be asked for
   * @param news is told what is computed, before it is
   * @throws IOException when the folder cannot be written
   * @throws IllegalArgumentException when the states take more than the folder may hold
   */
  public FrozenPrefix prefix(
      PretrainedModel model,
      int layers,
      Precision precision,
      List<EncodedExample> examples,
      Consumer<String> news)
      throws IOException {
    Map<TextKey, EncodedExample> texts = new TreeMap<>();
    examples.forEach(example -> texts.putIfAbsent(TextKey.of(example.encoding()), example));
    Path file = folder.resolve(name(model, layers, precision, texts));
    synchronized (COMPUTING) {
      return new FrozenPrefix(layers, states(file, model, layers, precision, texts, news));
    }
  }

  private PrefixFile states(
      Path file,
      PretrainedModel model,
      int layers,
      Precision precision,
      Map<TextKey, EncodedExample> texts,
      Consumer<String> news)
      throws IOException {
    if (Files.exists(file)) {
      try {
        PrefixFile found = PrefixFile.open(file);
        Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        return found;
      } catch (IOException damaged) {
        Files.deleteIfExists(file);
      }
    }
    long tokens = texts.values().stream().mapToLong(text -> text.encoding().length()).sum();
    long bytes = PrefixFile.bytes(tokens, texts.size(), model.hiddenSize());
    if (bytes > mostBytes) {
      throw new IllegalArgumentException(
          ("prefixCache: the states behind %d layers of %d texts take %.1f GB, and %s may hold %.1f;"
                  + " set BILORA_CACHE_GB higher, or turn the prefix cache off")
              .formatted(layers, texts.size(), bytes / 1e9, folder, mostBytes / 1e9));
    }
    news.accept(
        "computing the lower %d of %d layers of %,d texts once (%,.0f MB, kept in %s)"
            .formatted(layers, model.layers(), texts.size(), Math.ceil(bytes / 1e6), folder));
    Files.createDirectories(folder);
    makeRoom(bytes);
    AtomicFile.write(
        file, out -> write(out, model, layers, precision, List.copyOf(texts.values())));
    return PrefixFile.open(file);
  }

  private static void write(
      OutputStream out,
      PretrainedModel model,
      int layers,
      Precision precision,
      List<EncodedExample> texts)
      throws IOException {
    PrefixFile.Writer writer = new PrefixFile.Writer(out, model.hiddenSize());
    try (PrefixPass<?> pass =
        switch (precision) {
          case F32 -> new PrefixPass<>(model, layers, TFloat32.class);
          case BF16 -> new PrefixPass<>(model, layers, TBfloat16.class);
        }) {
      for (Batch batch : EvaluationBatches.of(texts, ROWS)) {
        float[] states = pass.of(batch);
        for (int row = 0; row < batch.rows(); row++) {
          writer.add(
              TextKey.of(batch, row),
              states,
              row * batch.length() * model.hiddenSize(),
              TextKey.tokens(batch, row));
        }
      }
    }
    writer.end();
  }

  private static String name(
      PretrainedModel model, int layers, Precision precision, Map<TextKey, EncodedExample> texts) {
    Hasher hasher = Hashing.sha256().newHasher();
    for (Object part :
        List.of(
            FORMAT,
            model.sha256(),
            model.config(),
            layers,
            precision,
            TensorFlow.version(),
            TensorFlowDevices.gpuModels())) {
      hasher.putString(part.toString(), StandardCharsets.UTF_8).putChar('\n');
    }
    texts.keySet().forEach(key -> hasher.putLong(key.first()).putLong(key.second()));
    String readable = Path.of(model.name()).getFileName().toString();
    return "%s.%d-layers.%s%s"
        .formatted(
            readable.replaceAll("[^A-Za-z0-9_-]", "_"),
            layers,
            hasher.hash().toString().substring(0, 32),
            SUFFIX);
  }

  /** Deletes what was unused for longest, until there is room for so many bytes more. */
  private void makeRoom(long bytes) throws IOException {
    record Kept(Path path, long bytes, FileTime used) {}
    List<Kept> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      for (Path path : found) {
        try {
          files.add(new Kept(path, Files.size(path), Files.getLastModifiedTime(path)));
        } catch (NoSuchFileException gone) {
          // Another process made room.
        }
      }
    }
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, ".*.part")) {
      FileTime yesterday = FileTime.from(Instant.now().minus(Duration.ofDays(1)));
      for (Path path : left) {
        // Of a process that was killed; nothing is written for a day.
        if (Files.getLastModifiedTime(path).compareTo(yesterday) < 0) {
          Files.deleteIfExists(path);
        }
      }
    } catch (NoSuchFileException gone) {
      // Another process made room.
    }
    files.sort(Comparator.comparing(Kept::used));
    long total = bytes + files.stream().mapToLong(Kept::bytes).sum();
    for (Kept file : files) {
      if (total <= mostBytes) {
        break;
      }
      // A process that has it mapped keeps its bytes.
      Files.deleteIfExists(file.path());
      total -= file.bytes();
    }
  }
}
