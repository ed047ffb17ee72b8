package org.bilora.doctor;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.function.Supplier;
import org.bilora.train.Processor;
import org.slf4j.LoggerFactory;

/**
 * Looks at the machine and at the libraries and says what works, what is slow, and what to do about
 * it. What can be tried is tried: XLA compiles a function, bfloat16 multiplies matrices.
 */
public final class Doctor {
  private Doctor() {}

  /** A check's name and how to carry it out. */
  private record Check(String name, Supplier<Finding> examine) {
    Finding run() {
      try {
        return examine.get();
      } catch (RuntimeException | LinkageError e) {
        LoggerFactory.getLogger(Doctor.class).debug("Check {} failed", name, e);
        return Finding.broken(
            name,
            "does not work (%s)".formatted(Finding.reason(e)),
            "this check should not fail; run doctor again with --verbose and report it");
      }
    }
  }

  /** Carries out all checks, in some seconds. */
  public static List<Finding> examine() {
    NativeLibrary library = NativeLibrary.onClassPath();
    Cpu cpu = new Cpu(Processor.read());
    List<Check> checks =
        List.of(
            new Check("java", HostSystem::java),
            new Check("system", HostSystem::system),
            new Check("cpu", cpu::finding),
            new Check("cores", HostSystem::cores),
            new Check("memory", HostSystem::memory),
            new Check("temporary space", HostSystem::temporarySpace),
            new Check("tensorflow", library::finding),
            new Check("device", () -> Devices.finding(library)),
            new Check("xla", XlaCheck::finding),
            new Check("bf16", () -> Bfloat16Check.finding(cpu)),
            new Check("presets", Artifacts::presets),
            new Check("grammar task", Artifacts::grammar));
    ImmutableList.Builder<Finding> findings = ImmutableList.builder();
    checks.forEach(check -> findings.add(check.run()));
    return findings.build();
  }

  /** Whether nothing essential is broken. */
  public static boolean healthy(List<Finding> findings) {
    return findings.stream().noneMatch(finding -> finding.status() == Finding.Status.BROKEN);
  }
}
