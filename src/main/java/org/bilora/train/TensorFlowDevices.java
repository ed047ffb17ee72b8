package org.bilora.train;

import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableList;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.tensorflow.internal.c_api.TFE_Context;
import org.tensorflow.internal.c_api.TFE_ContextOptions;
import org.tensorflow.internal.c_api.TF_DeviceList;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.global.tensorflow;

/** What TensorFlow found to compute on. */
public final class TensorFlowDevices {
  private static final Supplier<ImmutableList<String>> NAMES =
      Suppliers.memoize(TensorFlowDevices::list);

  private TensorFlowDevices() {}

  /** TensorFlow's names of its devices, such as {@code CPU:0}. */
  public static ImmutableList<String> names() {
    return NAMES.get();
  }

  /** Names of the GPUs among them. */
  public static ImmutableList<String> gpus() {
    return names().stream()
        .filter(name -> name.contains("GPU"))
        .collect(ImmutableList.toImmutableList());
  }

  private static ImmutableList<String> list() {
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
