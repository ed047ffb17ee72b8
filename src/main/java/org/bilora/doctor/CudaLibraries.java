package org.bilora.doctor;

import com.google.common.collect.ImmutableList;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/**
 * What TensorFlow's build for GPUs needs from the machine: NVIDIA's driver, and the CUDA 12
 * libraries that it opens by these names. It runs on the CPU when one is missing, without saying
 * which.
 */
public final class CudaLibraries {
  /** Opened at start, in TensorFlow 2.18. */
  static final List<String> NAMES =
      ImmutableList.of(
          "libcudart.so.12",
          "libcublas.so.12",
          "libcublasLt.so.12",
          "libcufft.so.11",
          "libcusolver.so.11",
          "libcusparse.so.12",
          "libcudnn.so.9");

  /**
   * What is loaded from the artifact of CUDA's libraries, each after those it needs: {@link
   * #NAMES}, and the parts that cuDNN and XLA open later.
   */
  private static final List<String> LOADED =
      ImmutableList.of(
          "libcudart.so.12",
          "libnvrtc-builtins.so.12.6",
          "libnvrtc.so.12",
          "libnvJitLink.so.12",
          "libcupti.so.12",
          "libcublasLt.so.12",
          "libcublas.so.12",
          "libcufft.so.11",
          "libcusparse.so.12",
          "libcusolver.so.11",
          "libnccl.so.2",
          "libcudnn_graph.so.9",
          "libcudnn_ops.so.9",
          "libcudnn_heuristic.so.9",
          "libcudnn_engines_runtime_compiled.so.9",
          "libcudnn_engines_precompiled.so.9",
          "libcudnn_cnn.so.9",
          "libcudnn_adv.so.9",
          "libcudnn.so.9");

  private static final String FOLDER = "/org/bytedeco/cuda/linux-x86_64/";
  private static final String DRIVER_LIBRARY = "libcuda.so.1";
  private static final Path DRIVER = Path.of("/proc/driver/nvidia");

  private CudaLibraries() {}

  /**
   * Loads CUDA's libraries from the Maven artifact that the profile {@code cuda-redist} adds, where
   * there is one and there is a driver; TensorFlow, which opens them by name, then finds them. To
   * be called before anything else of TensorFlow. The first call unpacks 3 GB.
   *
   * @throws IOException when they cannot be unpacked or loaded
   */
  public static void loadFromClassPath() throws IOException {
    if (driverLoaded() && onClassPath()) {
      load();
    }
  }

  static boolean onClassPath() {
    return CudaLibraries.class.getResource(FOLDER + NAMES.get(0)) != null;
  }

  static void load() throws IOException {
    // The function that loads a library by path is part of TensorFlow's own binding.
    Loader.load(org.tensorflow.internal.c_api.global.tensorflow.class);
    for (String name : LOADED) {
      File file = Loader.cacheResource(CudaLibraries.class, FOLDER + name);
      if (file == null) {
        throw new IOException(
            "the artifact org.bytedeco:cuda on the class path holds no %s; take version 12.6-9.5-1.5.11"
                .formatted(name));
      }
      try {
        Loader.loadGlobal(file.getPath());
      } catch (UnsatisfiedLinkError e) {
        throw new IOException("cannot load %s: %s".formatted(file, e.getMessage()), e);
      }
    }
  }

  /** Whether NVIDIA's kernel driver is loaded. */
  static boolean driverLoaded() {
    return Files.isDirectory(DRIVER);
  }

  /** Whether the driver's user-space library is found. */
  static boolean driverLibraryFound() {
    return opens(DRIVER_LIBRARY);
  }

  /** Those of {@link #NAMES} that the dynamic linker does not find. */
  static List<String> missing() {
    return NAMES.stream().filter(name -> !opens(name)).collect(ImmutableList.toImmutableList());
  }

  /** Asks the dynamic linker, which also looks where LD_LIBRARY_PATH says. */
  static boolean opens(String name) {
    try {
      Loader.loadGlobal(name);
      return true;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }
}
