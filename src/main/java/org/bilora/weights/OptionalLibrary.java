package org.bilora.weights;

import java.io.IOException;

/**
 * A library that only some uses need, and that a project which depends on this one therefore has to
 * ask for itself. The launcher {@code bilora} has them all.
 */
public enum OptionalLibrary {
  /** ONNX's own classes, for the presets whose weights are an ONNX file. */
  ONNX("org.tribuo:tribuo-util-onnx", "ai.onnx.proto.OnnxMl"),
  /** Reader of study files. */
  YAML(
      "com.fasterxml.jackson.dataformat:jackson-dataformat-yaml",
      "com.fasterxml.jackson.dataformat.yaml.YAMLMapper"),
  /** The HTTP server of {@code org.bilora.serve}. */
  JETTY("org.eclipse.jetty:jetty-server", "org.eclipse.jetty.server.Server"),
  /** Counters of {@code org.bilora.serve}. */
  PROMETHEUS("io.prometheus:prometheus-metrics-core", "io.prometheus.metrics.core.metrics.Counter"),
  /** Text format of these counters. */
  PROMETHEUS_TEXT(
      "io.prometheus:prometheus-metrics-exposition-textformats",
      "io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter"),
  /** Charts. */
  XCHART("org.knowm.xchart:xchart", "org.knowm.xchart.XYChart");

  private final String artifact;
  private final String probe;

  OptionalLibrary(String artifact, String probe) {
    this.artifact = artifact;
    this.probe = probe;
  }

  /** Group and name of the Maven artifact; this project's pom.xml has the version. */
  public String artifact() {
    return artifact;
  }

  /**
   * Makes sure that the library is there, before a class that needs it is loaded.
   *
   * @param use what it is wanted for, such as {@code a study file}
   * @throws IOException when it is not on the class path: which artifact to add
   */
  public void require(String use) throws IOException {
    try {
      Class.forName(probe, false, OptionalLibrary.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IOException(
          "%s needs the Maven artifact %s, which is optional: add it to the class path"
              .formatted(use, artifact),
          e);
    }
  }
}
