package org.bilora.bench.doctor;

import com.google.common.collect.ImmutableList;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;

/**
 * What TensorFlow's build for GPUs needs from the machine: NVIDIA's driver, and the CUDA 12
 * libraries that it opens by these names. It runs on the CPU when one is missing, without saying
 * which.
 */
final class CudaLibraries {
  /** Opened at start, in TensorFlow 2.18. */
  static final ImmutableList<String> NAMES =
      ImmutableList.of(
          "libcudart.so.12",
          "libcublas.so.12",
          "libcublasLt.so.12",
          "libcufft.so.11",
          "libcusolver.so.11",
          "libcusparse.so.12",
          "libcudnn.so.9");

  private static final String DRIVER_LIBRARY = "libcuda.so.1";
  private static final Path DRIVER = Path.of("/proc/driver/nvidia");

  private CudaLibraries() {}

  /** Whether NVIDIA's kernel driver is loaded. */
  static boolean driverLoaded() {
    return Files.isDirectory(DRIVER);
  }

  /** Whether the driver's user-space library is found. */
  static boolean driverLibraryFound() {
    return opens(DRIVER_LIBRARY);
  }

  /** Those of {@link #NAMES} that the dynamic linker does not find. */
  static ImmutableList<String> missing() {
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
