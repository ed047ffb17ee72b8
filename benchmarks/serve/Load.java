import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.bilora.export.ServedModel;

/**
 * Many clients at one server, hostile requests among them, and the plain session beside it.
 *
 * <pre>
 * java -cp target/classes:$(cat target/bilora-cpu.classpath) benchmarks/serve/Load.java \
 *   EXPORT OUT.json [SECONDS=300] [CLIENTS=64] [HOSTILE=1000]
 * </pre>
 *
 * <p>Every answer to a good request is held against what the export's own session says about the
 * text alone; every hostile request must get the status that its kind deserves.
 */
public final class Load {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double TOLERANCE = 1e-4;
  private static final int TEXTS = 256;
  private static final int SESSION_SECONDS = 15;
  private static final int ROWS = 32;

  private final URI predict;
  private final List<String> texts;
  private final List<ServedModel.Answer> expected;
  private final ConcurrentLinkedQueue<Double> milliseconds = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicInteger> wrong = new ConcurrentSkipListMap<>();
  private final Map<String, AtomicInteger> hostile = new ConcurrentSkipListMap<>();
  private volatile long end;

  private Load(URI server, String model, List<String> texts, List<ServedModel.Answer> expected) {
    this.predict = server.resolve("/v1/models/" + model + ":predict");
    this.texts = texts;
    this.expected = expected;
  }

  public static void main(String[] args) throws Exception {
    Path export = Path.of(args[0]);
    Path out = Path.of(args[1]);
    int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 300;
    int clients = args.length > 3 ? Integer.parseInt(args[3]) : 64;
    int hostileRequests = args.length > 4 ? Integer.parseInt(args[4]) : 1000;
    List<String> texts = texts();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("seconds", seconds);
    result.put("clients", clients);
    result.put("processors", Runtime.getRuntime().availableProcessors());
    result.put("load_average_before", loadAverage());
    try (ServedModel session = ServedModel.open(export)) {
      List<ServedModel.Answer> expected = new ArrayList<>();
      for (String text : texts) {
        expected.addAll(session.classify(List.of(ServedModel.Text.of(text))));
      }
      result.put("session_rows_per_second_before", sessionSpeeds(session, texts));
      Path errors = Files.createTempFile("serve", ".err");
      Process process =
          new ProcessBuilder(
                  "./bilora", "serve", "--export", export.toString(), "--port", "0", "--json")
              .redirectError(errors.toFile())
              .start();
      try (BufferedReader lines = process.inputReader()) {
        JsonNode started = JSON.readTree(lines.readLine());
        URI server = URI.create(started.get("url").textValue());
        Load load = new Load(server, started.get("model").textValue(), texts, expected);
        load.run(seconds, clients, hostileRequests);
        load.report(result, seconds);
        result.put("metrics", metrics(server));
        result.put("peak_memory_mib", peakMemory(process.pid()));
        process.destroy();
        result.put("exit_code", process.waitFor());
        result.put("standard_error", Files.readString(errors).strip());
      } finally {
        process.destroyForcibly();
      }
      result.put("session_rows_per_second_after", sessionSpeeds(session, texts));
    }
    result.put("load_average_after", loadAverage());
    String json = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(result) + "\n";
    Files.writeString(out, json);
    System.out.print(json);
    System.exit(0);
  }

  /** Sentences of 1 to 60 words. */
  private static List<String> texts() {
    String[] words =
        ("the committee approved a budget after long debate although nobody had read it and she"
                + " goes home when rain begins to fall on old stone streets")
            .split(" ");
    Random random = new Random(1);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < TEXTS; i++) {
      StringBuilder text = new StringBuilder();
      int length = 1 + random.nextInt(i % 4 == 0 ? 60 : 20);
      for (int word = 0; word < length; word++) {
        text.append(word == 0 ? "" : " ").append(words[random.nextInt(words.length)]);
      }
      texts.add(text.append('.').toString());
    }
    return texts;
  }

  /** The same texts without HTTP: one at a time, and 32 together. */
  private static Map<String, Double> sessionSpeeds(ServedModel session, List<String> texts) {
    Map<String, Double> speeds = new LinkedHashMap<>();
    for (int rows : new int[] {1, ROWS}) {
      long start = System.nanoTime();
      long done = 0;
      while (System.nanoTime() - start < SESSION_SECONDS * 1_000_000_000L) {
        int from = (int) (done % TEXTS);
        session.classify(
            texts.subList(from, from + rows).stream().map(ServedModel.Text::of).toList());
        done += rows;
      }
      speeds.put("batches_of_" + rows, rounded(done / ((System.nanoTime() - start) * 1e-9)));
    }
    return speeds;
  }

  private void run(int seconds, int clients, int hostileRequests) throws Exception {
    end = System.nanoTime() + seconds * 1_000_000_000L;
    ExecutorService good = Executors.newFixedThreadPool(clients);
    for (int i = 0; i < clients; i++) {
      int client = i;
      good.execute(() -> client(client));
    }
    ScheduledExecutorService bad = Executors.newScheduledThreadPool(48);
    List<Attack> attacks = attacks();
    for (int i = 0; i < hostileRequests; i++) {
      Attack attack = attacks.get(i % attacks.size());
      // The slowest takes ten seconds.
      long at = (long) (Math.max(1, seconds - 12) * 1000.0 * i / hostileRequests);
      bad.schedule(() -> attack(attack), at, TimeUnit.MILLISECONDS);
    }
    good.shutdown();
    good.awaitTermination(seconds + 60, TimeUnit.SECONDS);
    bad.shutdown();
    bad.awaitTermination(60, TimeUnit.SECONDS);
  }

  private void client(int seed) {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    Random random = new Random(seed);
    while (System.nanoTime() < end) {
      int text = random.nextInt(TEXTS);
      try {
        String body =
            JSON.writeValueAsString(
                Map.of("signature_name", "serving_text", "instances", List.of(texts.get(text))));
        long start = System.nanoTime();
        HttpResponse<String> response =
            http.send(
                HttpRequest.newBuilder(predict)
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .timeout(Duration.ofSeconds(60))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        milliseconds.add((System.nanoTime() - start) * 1e-6);
        check(text, response);
      } catch (IOException | InterruptedException e) {
        count(wrong, e.getClass().getSimpleName() + ": " + e.getMessage());
      }
    }
  }

  private void check(int text, HttpResponse<String> response) throws IOException {
    if (response.statusCode() != 200) {
      count(wrong, "status " + response.statusCode());
      return;
    }
    JsonNode prediction = JSON.readTree(response.body()).at("/predictions/0");
    double largest = 0;
    for (JsonNode probability : prediction.get("probabilities")) {
      largest = Math.max(largest, probability.doubleValue());
    }
    ServedModel.Answer answer = expected.get(text);
    boolean tie = answer.value() - 0.5 < TOLERANCE;
    if (Math.abs(largest - answer.value()) > TOLERANCE
        || !tie && !prediction.get("label").textValue().equals(answer.label().orElseThrow())) {
      count(wrong, "another answer than the session's");
    }
  }

  private static void count(Map<String, AtomicInteger> counts, String what) {
    counts.computeIfAbsent(what, made -> new AtomicInteger()).incrementAndGet();
  }

  /**
   * A hostile request.
   *
   * @param status what the first line of the answer must say; empty where none can come
   */
  private record Attack(String name, String status, Sender sender) {}

  private interface Sender {
    String send(Socket socket) throws Exception;
  }

  private List<Attack> attacks() {
    String post = "POST " + predict.getPath() + " HTTP/1.1\r\nHost: a\r\n";
    String good = "{\"signature_name\": \"serving_text\", \"instances\": [\"She goes home.\"]}";
    return List.of(
        new Attack("not HTTP", "400", socket -> all(socket, "hello\r\n\r\n")),
        new Attack("not JSON", "400", socket -> all(socket, body(post, "instances = [1]"))),
        new Attack(
            "lists 100,000 deep",
            "400",
            socket -> all(socket, body(post, "{\"instances\": " + "[".repeat(100_000)))),
        new Attack(
            "token ids outside the vocabulary",
            "400",
            socket ->
                all(
                    socket,
                    body(
                        post,
                        "{\"instances\": [{\"input_ids\": [99999999], \"attention_mask\": [1],"
                            + " \"token_type_ids\": [0]}]}"))),
        new Attack(
            "another model",
            "404",
            socket -> all(socket, body(post.replace(":predict", "x:predict"), good))),
        new Attack(
            "2 MiB", "413", socket -> all(socket, post + "Content-Length: 2097152\r\n\r\n{}")),
        new Attack(
            "2,000 rows",
            "413",
            socket ->
                all(
                    socket,
                    body(
                        post,
                        "{\"signature_name\": \"serving_text\", \"instances\": ["
                            + "\"a\",".repeat(1999) + "\"a\"]}"))),
        new Attack(
            "headers of 100 kB", "431", socket -> all(socket, post + "X: " + "x".repeat(100_000))),
        new Attack(
            "headers that drip", "408", socket -> drip(socket, "GET / HTTP/1.1\r\n", "X: y\r\n")),
        new Attack(
            "a body that drips",
            "408",
            socket -> drip(socket, post + "Content-Length: 1000\r\n\r\n{", " ")),
        new Attack(
            "a body that never comes",
            "408",
            socket -> all(socket, post + "Content-Length: 1000\r\n\r\n")),
        new Attack(
            "half-closed within the body",
            "400",
            socket -> halfClosed(socket, post + "Content-Length: 1000\r\n\r\n{\"inst")),
        new Attack(
            "half-closed within the headers", "400", socket -> halfClosed(socket, post + "Conte")),
        new Attack("half-closed after it", "200", socket -> halfClosed(socket, body(post, good))),
        new Attack(
            "gone without reading",
            "",
            socket -> {
              socket.setSoLinger(true, 0);
              write(socket, body(post, good));
              return "";
            }));
  }

  private static String body(String head, String body) {
    return head + "Connection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
  }

  private void attack(Attack attack) {
    String answer;
    try (Socket socket = new Socket(predict.getHost(), predict.getPort())) {
      socket.setSoTimeout(40_000);
      answer = attack.sender.send(socket);
    } catch (Exception e) {
      answer = e.toString();
    }
    boolean right =
        attack.status.isEmpty()
            ? answer.isEmpty()
            : answer.startsWith("HTTP/1.1 " + attack.status + " ");
    count(hostile, attack.name + ", " + (attack.status.isEmpty() ? "no answer" : attack.status));
    if (!right) {
      count(wrong, attack.name + ": " + answer.lines().findFirst().orElse("nothing"));
    }
  }

  private static String all(Socket socket, String bytes) throws IOException {
    try {
      write(socket, bytes);
    } catch (IOException refusedAlready) {
      // The answer may be there all the same.
    }
    return read(socket);
  }

  private static String halfClosed(Socket socket, String bytes) throws IOException {
    write(socket, bytes);
    socket.shutdownOutput();
    return read(socket);
  }

  private static String drip(Socket socket, String begin, String piece) throws Exception {
    write(socket, begin);
    try {
      while (socket.getInputStream().available() == 0) {
        Thread.sleep(500);
        write(socket, piece);
      }
    } catch (IOException closed) {
      // Read what came before.
    }
    return read(socket);
  }

  private static void write(Socket socket, String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** What is answered until the server closes, or resets what it has not read. */
  private static String read(Socket socket) throws IOException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    byte[] buffer = new byte[4096];
    InputStream in = socket.getInputStream();
    try {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        answer.write(buffer, 0, read);
      }
    } catch (IOException reset) {
      if (answer.size() == 0) {
        throw reset;
      }
    }
    return answer.toString(StandardCharsets.UTF_8);
  }

  private void report(Map<String, Object> result, int seconds) {
    double[] sorted = milliseconds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    result.put("answers", sorted.length);
    result.put("rows_per_second", rounded(sorted.length / (double) seconds));
    Map<String, Double> latency = new LinkedHashMap<>();
    for (int percent : new int[] {50, 90, 99}) {
      latency.put("p" + percent, rounded(sorted[sorted.length * percent / 100]));
    }
    latency.put("max", rounded(Arrays.stream(sorted).max().orElse(0)));
    result.put("latency_ms", latency);
    result.put("hostile_requests", hostile);
    result.put(
        "hostile_sum", hostile.values().stream().mapToInt(AtomicInteger::intValue).sum());
    result.put("wrong", wrong);
  }

  private static Map<String, Object> metrics(URI server) throws Exception {
    String text =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(server.resolve("/metrics")).build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
    Map<String, Object> kept = new LinkedHashMap<>();
    text.lines()
        .filter(
            line ->
                line.matches(
                    "bilora_serve_(requests_total|batch_(rows|seconds)_(sum|count)|queued_rows).*"))
        .forEach(
            line -> kept.put(line.substring(0, line.lastIndexOf(' ')), Double.valueOf(line.substring(line.lastIndexOf(' ') + 1))));
    return kept;
  }

  /** Of the process, where Linux tells it. */
  private static long peakMemory(long pid) throws IOException {
    Path status = Path.of("/proc", Long.toString(pid), "status");
    if (!Files.exists(status)) {
      return -1;
    }
    return Files.readString(status)
        .lines()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(-1);
  }

  private static double loadAverage() {
    return rounded(
        java.lang.management.ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static double rounded(double value) {
    return Math.round(value * 10) / 10.0;
  }
}
