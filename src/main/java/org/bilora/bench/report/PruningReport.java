package org.bilora.bench.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bilora.data.MetricName;
import org.bilora.train.Pruning;
import org.bilora.weights.AtomicFile;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;

/**
 * What pruning an adapter costs and saves:
 *
 * <pre>
 * report.md      by threshold: values kept, size, scores; by layer: the rank that is left
 * report.json    the same
 * pruning.png    the first score over the share of the adapter's values that is kept
 * </pre>
 */
public final class PruningReport {
  private static final int BYTES = 4;

  private final String title;
  private final List<Point> points;

  /**
   * One way of pruning, measured.
   *
   * @param name threshold or rank as it was given
   * @param pruning what is kept
   * @param size values that the adapter's files hold, without a head
   * @param scores by metric, the first of which is drawn
   * @param loss on the same split
   */
  public record Point(
      String name, Pruning pruning, long size, Map<MetricName, Double> scores, double loss) {}

  /**
   * The report.
   *
   * @param title such as the task and the split that was measured
   * @param points the first of which has everything, the last of which was exported
   */
  public PruningReport(String title, List<Point> points) {
    this.title = title;
    this.points = List.copyOf(points);
  }

  /**
   * Writes all files, over those of an earlier report.
   *
   * @throws IOException when one cannot be written
   */
  public void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    String picture = PlotFiles.drawn(() -> picture(folder));
    String text =
        "# %s%n%n".formatted(Markdown.inline(title))
            + byThreshold().markdown()
            + byLayer().markdown()
            + picture;
    write(folder.resolve("report.md"), text.stripTrailing() + "\n");
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("title", title);
    for (Table table : List.of(byThreshold(), byLayer())) {
      fields.put(table.id(), table.json());
    }
    write(
        folder.resolve("report.json"),
        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(fields) + "\n");
  }

  private static void write(Path file, String text) throws IOException {
    AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private Table byThreshold() {
    List<String> columns = new ArrayList<>(List.of("pruned by", "values λ", "kB", "share"));
    points.get(0).scores().keySet().forEach(metric -> columns.add(metric.id()));
    columns.add("loss");
    List<List<Object>> rows = new ArrayList<>();
    for (Point point : points) {
      List<Object> row = new ArrayList<>();
      row.add(point.name());
      int kept = point.pruning().ranks().values().stream().mapToInt(rank -> rank).sum();
      row.add(Table.figure(kept, 0));
      row.add(Table.figure(point.size() * BYTES / 1000.0, 1));
      row.add(Table.figure(share(point), 3));
      point.scores().values().forEach(score -> row.add(Table.figure(score, 4)));
      row.add(Table.figure(point.loss(), 4));
      rows.add(row);
    }
    return new Table(
        "pruning",
        "What pruning costs and saves",
        "A threshold drops the pseudo singular values whose part s |λ| ‖p‖ ‖q‖ of ΔW is smaller than"
            + " that share of the largest part of all layers; a rank keeps as many for each layer on"
            + " average, the largest of all. kB are the increments' in 32 bits, without a head. The"
            + " last line was exported.",
        columns,
        rows);
  }

  private double share(Point point) {
    return (double) point.size() / points.get(0).size();
  }

  private Table byLayer() {
    SortedMap<String, Integer> before = points.get(0).pruning().ranks();
    SortedMap<String, Integer> after = points.get(points.size() - 1).pruning().ranks();
    List<List<Object>> rows = new ArrayList<>();
    before.forEach(
        (layer, rank) ->
            rows.add(List.of(layer, Table.figure(rank, 0), Table.figure(after.get(layer), 0))));
    return new Table(
        "ranks", "Ranks of the layers", "", List.of("layer", "unpruned", "exported"), rows);
  }

  private String picture(Path folder) throws IOException {
    XYChart chart = chart();
    AtomicFile.write(
        folder.resolve("pruning.png"),
        out -> BitmapEncoder.saveBitmap(chart, out, BitmapEncoder.BitmapFormat.PNG));
    return "![%s](pruning.png)%n%n".formatted(Markdown.alternative(chart.getTitle()));
  }

  private XYChart chart() {
    MetricName metric = points.get(0).scores().keySet().iterator().next();
    List<Point> inOrder = new ArrayList<>(points);
    inOrder.sort(Comparator.comparingDouble(this::share));
    List<Double> scores = inOrder.stream().map(point -> point.scores().get(metric)).toList();
    List<Double> none = Collections.nCopies(scores.size(), Double.NaN);
    Curve curve = new Curve(inOrder.stream().map(this::share).toList(), scores, none, none);
    return new LineChart(
            title, "share of the adapter's values that is kept", metric.id(), List.of("pruned"))
        .lines(new TreeMap<>(Map.of("pruned", curve)))
        .chart();
  }
}
