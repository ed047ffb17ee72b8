package org.bilora.doctor;

import org.tensorflow.TensorFlow;

/** Which builds of TensorFlow's native library are on the class path. */
record NativeLibrary(boolean cpuBuild, boolean gpuBuild) {
  private static final String FOLDER = "org/tensorflow/internal/c_api/";
  private static final String FILE = "/libtensorflow_cc.so.2";

  /** Looks for the two that pom.xml can choose. */
  static NativeLibrary onClassPath() {
    return new NativeLibrary(isPresent("linux-x86_64"), isPresent("linux-x86_64-gpu"));
  }

  private static boolean isPresent(String classifier) {
    ClassLoader loader = NativeLibrary.class.getClassLoader();
    return loader.getResource(FOLDER + classifier + FILE) != null;
  }

  Finding finding() {
    if (cpuBuild && gpuBuild) {
      return Finding.broken(
          "tensorflow",
          "both native libraries, linux-x86_64 and linux-x86_64-gpu, are on the class path",
          "keep one of them; the profile gpu replaces the one for the CPU");
    }
    if (!cpuBuild && !gpuBuild) {
      return Finding.broken(
          "tensorflow",
          "no native library for Linux on x86-64 is on the class path",
          "add org.tensorflow:tensorflow-core-native with the classifier linux-x86_64");
    }
    return Finding.ok(
        "tensorflow",
        "%s, build for %s"
            .formatted(TensorFlow.version(), gpuBuild ? "GPUs (CUDA 12)" : "the CPU"));
  }
}
