package org.bilora.bench.study;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.OptionalInt;
import org.bilora.model.PretrainedModel;
import org.bilora.settings.Range;
import org.bilora.step.LanePlan;
import org.bilora.step.TensorFlowDevices;
import org.bilora.train.RunSize;

/**
 * That trainings run side by side: on a processor one on each core, of which several may take a
 * step together.
 *
 * @param width trainings that take a step together; empty for what suits the device: 1 on a
 *     processor (benchmarks/lanes), whose cores are busy with one small step each
 * @param threadEach as {@link LanePlan} has it
 */
public record SideBySide(OptionalInt width, boolean threadEach) {
  /** On a GPU, which one small step is far from filling; not measured. */
  private static final int WIDTH_ON_GPU = 8;

  /** What a step keeps at once of each token, layer and unit of width (benchmarks/memory). */
  private static final double BYTES = 256;

  /** Trainings at once for each that takes a step together, at most. */
  private static final int PLACES_EACH = 4;

  /** Checks the range. */
  public SideBySide {
    width.ifPresent(lanes -> Range.atLeast("lanes", lanes, 1));
  }

  /**
   * For trainings like one on this machine.
   *
   * @param trainings how many there are
   * @param size of one
   */
  LanePlan plan(int trainings, RunSize size, PretrainedModel model) {
    boolean gpu = !TensorFlowDevices.gpuModels().isEmpty();
    int lanes = Math.min(trainings, width.orElse(gpu ? WIDTH_ON_GPU : 1));
    int threads = gpu ? 1 : Math.min(trainings, threads(lanes * size.tokensPerStep(), model));
    int enough = LanePlan.placesFor(lanes, size.shapes(), threads);
    int most = Math.max(threads, PLACES_EACH * lanes);
    return new LanePlan(
        lanes, Math.min(trainings, Math.min(enough, most)), threads, threadEach && threads > 1);
  }

  /** As many as cores, unless their steps would take more than half of the machine's memory. */
  private static int threads(double tokens, PretrainedModel model) {
    double memory =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    double bytes = BYTES * tokens * model.layers() * model.hiddenSize();
    int fitting = (int) Math.min(Integer.MAX_VALUE, memory / 2 / bytes);
    return Math.max(1, Math.min(fitting, Runtime.getRuntime().availableProcessors()));
  }
}
