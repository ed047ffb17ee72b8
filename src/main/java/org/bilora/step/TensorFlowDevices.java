package org.bilora.step;

import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.tensorflow.internal.c_api.TFE_Context;
import org.tensorflow.internal.c_api.TFE_ContextOptions;
import org.tensorflow.internal.c_api.TF_DeviceList;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.global.tensorflow;

/** What TensorFlow found to compute on. */
public final class TensorFlowDevices {
  private static final Supplier<List<String>> NAMES = Suppliers.memoize(TensorFlowDevices::list);

  private static final Path DRIVER_GPUS = Path.of("/proc/driver/nvidia/gpus");
  private static final String MODEL = "Model:";

  private TensorFlowDevices() {}

  /** TensorFlow's names of its devices, such as {@code CPU:0}. */
  public static List<String> names() {
    return NAMES.get();
  }

  /** Names of the GPUs among them. */
  public static List<String> gpus() {
    return names().stream()
        .filter(name -> name.contains("GPU"))
        .collect(ImmutableList.toImmutableList());
  }

  /**
   * Models of the GPUs that TensorFlow computes on, as NVIDIA's driver names them, such as {@code
   * NVIDIA H100 80GB HBM3}; TensorFlow's names where the driver does not tell.
   */
  public static List<String> gpuModels() {
    List<String> gpus = gpus();
    if (gpus.isEmpty()) {
      return gpus;
    }
    List<String> models = driverModels(DRIVER_GPUS);
    return models.size() == gpus.size() ? models : gpus;
  }

  /** What the driver says in the files {@code information}, one per GPU, of a folder. */
  static List<String> driverModels(Path folder) {
    ImmutableList.Builder<String> models = ImmutableList.builder();
    try (DirectoryStream<Path> gpus = Files.newDirectoryStream(folder)) {
      for (Path gpu : ImmutableSortedSet.copyOf(gpus)) {
        for (String line : Files.readAllLines(gpu.resolve("information"))) {
          if (line.startsWith(MODEL)) {
            models.add(line.substring(MODEL.length()).strip());
          }
        }
      }
    } catch (IOException e) {
      return ImmutableList.of();
    }
    return models.build();
  }

  private static List<String> list() {
    try (TF_Status status = TF_Status.newStatus();
        TFE_ContextOptions options = TFE_ContextOptions.newContextOptions();
        TFE_Context context = TFE_Context.newContext(options, status)) {
      status.throwExceptionIfNotOK();
      TF_DeviceList devices = tensorflow.TFE_ContextListDevices(context, status);
      status.throwExceptionIfNotOK();
      try {
        ImmutableList.Builder<String> names = ImmutableList.builder();
        for (int i = 0; i < tensorflow.TF_DeviceListCount(devices); i++) {
          BytePointer name = tensorflow.TF_DeviceListName(devices, i, status);
          status.throwExceptionIfNotOK();
          names.add(name.getString().replaceFirst(".*/device:", ""));
        }
        return names.build();
      } finally {
        tensorflow.TF_DeleteDeviceList(devices);
      }
    }
  }
}
