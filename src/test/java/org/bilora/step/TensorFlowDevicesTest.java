package org.bilora.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorFlowDevicesTest {
  @TempDir Path folder;

  @Test
  void processorIsFound() {
    assertTrue(TensorFlowDevices.names().contains("CPU:0"), TensorFlowDevices.names().toString());
  }

  @Test
  void everyGpuThatIsUsedHasModel() {
    assertEquals(TensorFlowDevices.gpus().size(), TensorFlowDevices.gpuModels().size());
  }

  @Test
  void driverNamesModels() throws IOException {
    information("0000:b1:00.0", "Model: \t\t NVIDIA A30\nIRQ:   \t\t 90\n");
    information("0000:17:00.0", "Model: \t\t NVIDIA H100 80GB HBM3\nGPU UUID: \t GPU-1\n");
    assertEquals(
        List.of("NVIDIA H100 80GB HBM3", "NVIDIA A30"), TensorFlowDevices.driverModels(folder));
  }

  @Test
  void noDriverNamesNone() {
    assertEquals(List.of(), TensorFlowDevices.driverModels(folder.resolve("missing")));
  }

  private void information(String gpu, String text) throws IOException {
    Files.writeString(Files.createDirectories(folder.resolve(gpu)).resolve("information"), text);
  }
}
