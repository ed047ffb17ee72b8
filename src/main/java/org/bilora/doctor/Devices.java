package org.bilora.doctor;

import java.util.List;
import org.bilora.step.TensorFlowDevices;

/** The devices TensorFlow runs on, and why a GPU is not among them. */
final class Devices {
  private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

  private Devices() {}

  static Finding finding(NativeLibrary library) {
    List<String> gpus = TensorFlowDevices.gpus();
    if (!gpus.isEmpty()) {
      List<String> models = TensorFlowDevices.gpuModels();
      return Finding.ok(
          "device",
          models.equals(gpus)
              ? String.join(", ", gpus)
              : "%s: %s".formatted(String.join(", ", gpus), String.join(", ", models)));
    }
    if (!library.gpuBuild()) {
      return CudaLibraries.driverLoaded()
          ? Finding.warn(
              "device",
              "CPU, because this is TensorFlow's build for the CPU; the machine has an NVIDIA driver",
              "BILORA_PROFILE=gpu,cuda-redist ./bilora … uses the GPU")
          : Finding.ok("device", "CPU");
    }
    return onTheCpu(
        CudaLibraries.driverLoaded(),
        CudaLibraries.driverLibraryFound(),
        CudaLibraries.missing(),
        System.getenv(VISIBLE));
  }

  /**
   * Why the build for GPUs runs on the CPU.
   *
   * @param driver whether the kernel's driver is there
   * @param driverLibrary whether {@code libcuda.so.1} is found
   * @param missing CUDA libraries that are not found
   * @param visible CUDA_VISIBLE_DEVICES, null when it is not set
   */
  static Finding onTheCpu(
      boolean driver, boolean driverLibrary, List<String> missing, String visible) {
    if (!driver || !driverLibrary) {
      return Finding.warn(
          "device",
          "CPU, because there is no NVIDIA driver (%s)"
              .formatted(
                  driver
                      ? "libcuda.so.1 is not found"
                      : driverLibrary
                          ? "/proc/driver/nvidia does not exist"
                          : "neither /proc/driver/nvidia nor libcuda.so.1"),
          "on a machine without a GPU the build for the CPU is smaller and does the same: leave"
              + " BILORA_PROFILE unset; with a GPU, install NVIDIA's driver");
    }
    if (!missing.isEmpty()) {
      return Finding.warn(
          "device",
          "CPU, because CUDA libraries are missing: " + String.join(", ", missing),
          "BILORA_PROFILE=gpu,cuda-redist ./bilora … fetches them from Maven Central (2 GB); or install CUDA 12"
              + " and cuDNN 9 and name their folder in LD_LIBRARY_PATH");
    }
    if (visible != null && !visible.matches("[0-9].*|GPU-.*|MIG-.*")) {
      return Finding.warn(
          "device",
          "CPU, because %s is '%s', which hides every GPU".formatted(VISIBLE, visible),
          "unset " + VISIBLE);
    }
    return Finding.warn(
        "device",
        "CPU, although driver and CUDA libraries are there",
        "run doctor with TF_CPP_MIN_LOG_LEVEL=0 to see TensorFlow's own reason");
  }
}
