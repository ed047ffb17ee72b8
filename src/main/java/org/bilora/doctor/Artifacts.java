package org.bilora.doctor;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Whether the pretrained weights and data that come as Maven artifacts are on the class path. */
final class Artifacts {
  private static final Map<String, String> PRESETS =
      ImmutableMap.of(
          "minilm-l6", "all-minilm-l6-v2.onnx",
          "bge-small", "bge-small-en-v1.5.onnx",
          "e5-small", "e5-small-v2.onnx");
  private static final String GRAMMAR = "org/languagetool/rules/en/grammar.xml";

  private Artifacts() {}

  static Finding presets() {
    List<String> present = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    PRESETS.forEach((preset, file) -> (isPresent(file) ? present : missing).add(preset));
    if (missing.isEmpty()) {
      return Finding.ok("presets", String.join(", ", present));
    }
    return Finding.warn(
        "presets",
        "missing: " + String.join(", ", missing),
        "start with ./bilora, which puts their artifacts on the class path");
  }

  static Finding grammar() {
    return isPresent(GRAMMAR)
        ? Finding.ok("grammar task", "its sentences are there")
        : Finding.warn(
            "grammar task",
            "its sentences are missing",
            "start with ./bilora, which puts org.languagetool:language-en on the class path");
  }

  private static boolean isPresent(String resource) {
    return Artifacts.class.getClassLoader().getResource(resource) != null;
  }
}
