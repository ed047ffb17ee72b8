package org.bilora.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.List;
import org.bilora.step.TensorFlowDevices;
import org.bilora.train.Processor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tensorflow.types.TBfloat16;
import org.tensorflow.types.TFloat32;

class DoctorTest {
  @Test
  void theMachineThatRunsTheTestsIsHealthy() {
    List<Finding> findings = Doctor.examine();
    assertTrue(Doctor.healthy(findings), findings.toString());
    assertEquals(
        List.of(
            "java",
            "system",
            "cpu",
            "cores",
            "memory",
            "temporary space",
            "tensorflow",
            "device",
            "xla",
            "bf16",
            "presets",
            "grammar task"),
        findings.stream().map(Finding::name).toList());
    for (Finding finding : findings) {
      assertEquals(1, finding.value().lines().count(), finding.toString());
      // Whatever is not as it should be comes with what to do.
      assertTrue(
          finding.status() == Finding.Status.OK || finding.advice().isPresent(),
          finding.toString());
    }
    for (String tried : List.of("xla", "bf16")) {
      assertTrue(value(findings, tried).startsWith("works: "), value(findings, tried));
    }
  }

  @Test
  void xlaComputesWhatTheKernelsCompute() {
    assertEquals(XlaCheck.run(false), XlaCheck.run(true), 1e-3);
  }

  @Test
  void oneBrokenFindingIsEnoughToBeUnwell() {
    Finding warning = Finding.warn("a", "slow", "wait");
    assertTrue(Doctor.healthy(List.of(warning)));
    assertFalse(Doctor.healthy(List.of(warning, Finding.broken("b", "gone", "get it"))));
  }

  @Test
  void tensorFlowAlwaysHasTheCpu() {
    assertTrue(TensorFlowDevices.names().contains("CPU:0"), TensorFlowDevices.names().toString());
  }

  @Test
  void theReasonForRunningOnTheCpuIsNamed() {
    assertEquals(
        "CPU, because there is no NVIDIA driver (neither /proc/driver/nvidia nor libcuda.so.1)",
        Devices.onTheCpu(false, false, CudaLibraries.NAMES, null).value());
    assertEquals(
        "CPU, because CUDA libraries are missing: libcufft.so.11, libcudnn.so.9",
        Devices.onTheCpu(true, true, List.of("libcufft.so.11", "libcudnn.so.9"), null).value());
    assertEquals(
        "CPU, because CUDA_VISIBLE_DEVICES is '-1', which hides every GPU",
        Devices.onTheCpu(true, true, List.of(), "-1").value());
    assertEquals(
        "CPU, although driver and CUDA libraries are there",
        Devices.onTheCpu(true, true, List.of(), "0").value());
  }

  @Test
  void theDynamicLinkerIsAsked() {
    assertTrue(CudaLibraries.opens("libc.so.6"));
    assertFalse(CudaLibraries.opens("libnosuchthing.so.12"));
  }

  /** With the profile cuda-redist; without it there is nothing to load. */
  @Test
  @Tag("slow")
  void librariesOnTheClassPathAreFoundOnceLoaded() throws IOException {
    assumeTrue(CudaLibraries.onClassPath());
    CudaLibraries.load();
    assertEquals(List.of(), CudaLibraries.missing());
  }

  @Test
  void bothNativeLibrariesAtOnceAreBroken() {
    assertEquals(Finding.Status.BROKEN, new NativeLibrary(true, true).finding().status());
    assertEquals(Finding.Status.BROKEN, new NativeLibrary(false, false).finding().status());
    assertEquals(Finding.Status.OK, new NativeLibrary(true, false).finding().status());
  }

  @Test
  void theProcessorIsReadFromLinux() {
    Cpu cpu =
        new Cpu(
            Processor.parse(
                List.of(
                    "processor\t: 0",
                    "model name\t: A Processor 9000",
                    "flags\t\t: fpu avx2 fma avx512f avx512_bf16",
                    "processor\t: 1",
                    "model name\t: Another")));
    assertTrue(cpu.multipliesBfloat16());
    assertEquals(
        "A Processor 9000, has avx2 fma avx512f avx512_bf16, lacks amx_bf16",
        cpu.finding().value());
    Cpu old = new Cpu(Processor.parse(List.of("model name : Old", "flags : fpu sse2")));
    assertEquals(Finding.Status.WARN, old.finding().status());
    assertFalse(old.multipliesBfloat16());
  }

  @Test
  void theMeasuredRatesDecideTheAdvice() {
    assertEquals(
        "--precision bf16 is the faster choice here",
        Bfloat16Check.verdict(200, 100, false).advice().orElseThrow());
    assertEquals(
        "works: 50 GFLOP/s, f32 100 GFLOP/s, 0.50 times as fast",
        Bfloat16Check.verdict(50, 100, false).value());
    assertTrue(
        Bfloat16Check.verdict(50, 100, false).advice().orElseThrow().contains("avx512_bf16"));
    assertEquals(
        "--precision f32 is the better choice here",
        Bfloat16Check.verdict(50, 100, true).advice().orElseThrow());
  }

  @Test
  void chainNeitherGrowsNorVanishesAndPrecisionsAgree() {
    Bfloat16Check.Chain chain = new Bfloat16Check.Chain(8, 1024, 64);
    try (Bfloat16Check.Products single = new Bfloat16Check.Products(TFloat32.class, chain);
        Bfloat16Check.Products brief = new Bfloat16Check.Products(TBfloat16.class, chain)) {
      float expected = single.run();
      assertEquals(1.0 / chain.width(), expected, 0.5 / chain.width());
      assertEquals(1, brief.run() / expected, chain.layers() / 512.0);
    }
  }

  private static String value(List<Finding> findings, String name) {
    return findings.stream()
        .filter(finding -> finding.name().equals(name))
        .findFirst()
        .orElseThrow()
        .value();
  }
}
