package org.bilora.scale.spark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.StreamSupport;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.util.CollectionAccumulator;
import org.apache.spark.util.LongAccumulator;
import org.apache.spark.util.SerializableConfiguration;
import org.bilora.data.CustomFormat;
import org.bilora.data.Task;
import org.bilora.data.TextRows;
import org.bilora.train.RunRecord;
import scala.Tuple2;

/**
 * The predictions of a run over a data set, as a map over its parts. The rows keep their order, and
 * are answered in the same groups as by {@code predict}, so that numbers are the same to the last
 * bit on the same kind of processor.
 */
public final class PredictionJob {
  private static final int CHUNK_BITS = 40;

  /**
   * What is asked.
   *
   * @param run directory of the run
   * @param in a file, or a folder of files: Parquet, or text as {@code predict} reads it
   * @param out a folder that is not there yet, which gets a file for each part
   * @param inForm what they hold, {@code parquet}, {@code csv}, {@code tsv}, {@code jsonl} or
   *     {@code lines}; empty for what their names say
   * @param outForm likewise; empty for what the name says, else the form of the input
   * @param columns where the texts are
   * @param keep columns that are written beside the predictions
   * @param probabilities whether those of all classes are written
   * @param parts how many the rows are cut into; empty for those of the input, or for one for each
   *     core of the executors where these are more
   */
  public record Request(
      Path run,
      String in,
      String out,
      Optional<String> inForm,
      Optional<String> outForm,
      CustomFormat columns,
      List<String> keep,
      boolean probabilities,
      OptionalInt parts) {
    /** Keeps a copy of the list. */
    public Request {
      keep = List.copyOf(keep);
    }
  }

  /**
   * What came of it.
   *
   * @param rows that were answered
   * @param leftOut rows that could not be used
   * @param openings executors that opened the run, each as often as it did
   */
  public record Summary(long rows, long leftOut, List<String> openings) {}

  private final SparkSession session;
  private final JavaSparkContext spark;
  private final Request request;
  private final RunRecord record;
  private final CollectionAccumulator<String> openings = new CollectionAccumulator<>();
  private final LongAccumulator leftOut = new LongAccumulator();
  private final LongAccumulator count = new LongAccumulator();

  /**
   * Of a request.
   *
   * @param session stays the caller's to close
   * @throws IOException when there is no such run
   */
  public PredictionJob(SparkSession session, Request request) throws IOException {
    this.session = session;
    this.spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    this.request = request;
    this.record = RunRecord.read(request.run());
    if (record.task().languageModelling()) {
      throw new IllegalArgumentException(
          "the run %s trained a language model, which predicts no labels; give one of an encoder"
              .formatted(request.run()));
    }
    spark.sc().register(openings, "openings of the run");
    spark.sc().register(leftOut, "rows left out");
    spark.sc().register(count, "rows answered");
  }

  /**
   * Predicts.
   *
   * @throws IOException when something is missing here or on a host, a row cannot be used, or the
   *     output is there already
   */
  public Summary run() throws IOException {
    Configuration hadoop = spark.hadoopConfiguration();
    DataFiles input = DataFiles.list(request.in(), hadoop);
    DataFiles.Form inForm = form(request.inForm()).orElseGet(input::form);
    org.apache.hadoop.fs.Path out = output(hadoop);
    DataFiles.Form outForm =
        form(request.outForm()).orElseGet(() -> inForm.ofAnswers(out.getName()));
    if (!request.keep().isEmpty() && inForm == DataFiles.Form.LINES) {
      throw new IllegalArgumentException(
          "lines of texts have no columns to keep; read Parquet, TSV, CSV or JSONL, which have names");
    }
    try (SharedPaths paths = paths(input, out)) {
      write(read(input, inForm, outForm, paths), input, inForm, outForm, out, paths);
    } catch (IOException e) {
      throw e;
    } catch (RuntimeException e) {
      throw failure(e);
    } catch (Exception e) {
      // Scala's methods throw what they do not declare.
      throw failure(e);
    }
    return new Summary(count.value(), leftOut.value(), List.copyOf(openings.value()));
  }

  private static IOException failure(Exception e) {
    if (e instanceof IllegalArgumentException refused) {
      throw refused;
    }
    return SparkFailure.explained(e);
  }

  private static Optional<DataFiles.Form> form(Optional<String> name) {
    return name.map(
        text -> {
          try {
            return DataFiles.Form.valueOf(text.toUpperCase(Locale.ROOT));
          } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                "'%s' is no form of rows; it must be one of %s"
                    .formatted(
                        text,
                        String.join(
                            ", ",
                            Arrays.stream(DataFiles.Form.values())
                                .map(form -> form.name().toLowerCase(Locale.ROOT))
                                .toList())));
          }
        });
  }

  private org.apache.hadoop.fs.Path output(Configuration hadoop) throws IOException {
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(request.out());
    FileSystem system = path.getFileSystem(hadoop);
    if (system.exists(path)) {
      throw new IOException(
          request.out() + " exists already; remove it, or write to another folder");
    }
    org.apache.hadoop.fs.Path whole = system.makeQualified(path);
    if (!system.exists(whole.getParent())) {
      throw new IOException(
          "%s cannot be written: there is no folder %s"
              .formatted(request.out(), whole.getParent()));
    }
    return whole;
  }

  private SharedPaths paths(DataFiles input, org.apache.hadoop.fs.Path out) throws IOException {
    List<Path> read = new ArrayList<>(List.of(request.run().toAbsolutePath()));
    DataFiles.local(input.root()).ifPresent(read::add);
    Optional<Path> folder = DataFiles.local(out.getParent());
    return folder.isPresent() ? SharedPaths.of(read, folder.get()) : SharedPaths.of(read);
  }

  private JavaRDD<RowChunk> read(
      DataFiles input, DataFiles.Form inForm, DataFiles.Form outForm, SharedPaths paths)
      throws IOException {
    Task task = record.task();
    TextRows.Texts texts = task.pairs() ? TextRows.Texts.TWO : TextRows.Texts.ONE;
    CustomFormat columns = task.format().orElse(CustomFormat.USUAL).withTextsOf(request.columns());
    JavaRDD<RowChunk> chunks;
    if (inForm == DataFiles.Form.PARQUET) {
      chunks =
          ReadColumns.of(
              parquet(input),
              paths,
              request.in(),
              texts,
              columns,
              request.keep(),
              outForm != DataFiles.Form.PARQUET,
              leftOut);
    } else {
      List<String> files = input.files().stream().map(org.apache.hadoop.fs.Path::toString).toList();
      chunks =
          spark
              .parallelize(files, files.size())
              .mapPartitions(
                  new ReadText(
                      new SerializableConfiguration(spark.hadoopConfiguration()),
                      paths,
                      inForm.text().orElseThrow(),
                      texts,
                      columns,
                      request.keep(),
                      leftOut));
    }
    return spread(chunks);
  }

  private Dataset<Row> parquet(DataFiles input) {
    return session.read().parquet(input.root().toString());
  }

  /** The chunks in so many parts, in their order. */
  private JavaRDD<RowChunk> spread(JavaRDD<RowChunk> chunks) {
    int there = chunks.getNumPartitions();
    int wanted = request.parts().orElse(Math.max(there, spark.defaultParallelism()));
    if (wanted == there) {
      return chunks;
    }
    JavaPairRDD<Long, RowChunk> numbered =
        chunks
            .mapPartitionsWithIndex(
                (part, some) -> {
                  long[] number = {((long) part) << CHUNK_BITS};
                  Iterable<RowChunk> each = () -> some;
                  return StreamSupport.stream(each.spliterator(), false)
                      .map(chunk -> new Tuple2<>(number[0]++, chunk))
                      .iterator();
                },
                false)
            .mapToPair(pair -> pair);
    return numbered.sortByKey(true, wanted).values();
  }

  private void write(
      JavaRDD<RowChunk> chunks,
      DataFiles input,
      DataFiles.Form inForm,
      DataFiles.Form outForm,
      org.apache.hadoop.fs.Path out,
      SharedPaths paths) {
    Predictor predictor =
        new Predictor(
            new Predictor.Run(
                request.run().toAbsolutePath().toString(), Path.of("").toAbsolutePath().toString()),
            paths,
            openings);
    if (outForm == DataFiles.Form.PARQUET) {
      List<StructField> kept = new ArrayList<>();
      for (String name : request.keep()) {
        kept.add(
            inForm == DataFiles.Form.PARQUET
                ? parquet(input).schema().apply(name)
                : DataTypes.createStructField(name, DataTypes.StringType, true));
      }
      session
          .createDataFrame(
              chunks.mapPartitions(new WriteColumns(predictor, request.probabilities(), count)),
              WriteColumns.schema(kept, record.task(), request.probabilities()))
          .write()
          .parquet(out.toString());
    } else {
      chunks
          .mapPartitions(
              new WriteText(
                  predictor,
                  outForm.text().orElseThrow(),
                  request.keep(),
                  request.probabilities(),
                  count))
          .saveAsTextFile(out.toString());
    }
  }
}
