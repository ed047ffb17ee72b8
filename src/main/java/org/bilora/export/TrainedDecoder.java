package org.bilora.export;

import java.util.Map;
import org.bilora.model.PretrainedDecoder;
import org.bilora.weights.HostTensor;

/**
 * A trained decoder as it is exported.
 *
 * @param base the pretrained decoder that was trained
 * @param merged the same with every ΔW merged, and with its trained weights
 * @param increments ΔW
 * @param trained weights that were trained themselves, by canonical name
 */
public record TrainedDecoder(
    PretrainedDecoder base,
    PretrainedDecoder merged,
    Increments increments,
    Map<String, HostTensor> trained) {}
