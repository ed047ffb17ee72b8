package org.bilora.export;

import java.util.Map;
import org.bilora.generate.DecodingSettings;
import org.bilora.model.PretrainedDecoder;
import org.bilora.weights.HostTensor;

/**
 * A trained decoder as it is exported.
 *
 * @param base the pretrained decoder that was trained
 * @param merged the same with every ΔW merged, and with its trained weights
 * @param increments ΔW
 * @param trained weights that were trained themselves, by canonical name
 * @param contexts whether it was trained to write behind a context and the end of a text; else it
 *     continues texts
 * @param decoding how a SavedModel of it writes: greedily
 */
public record TrainedDecoder(
    PretrainedDecoder base,
    PretrainedDecoder merged,
    Increments increments,
    Map<String, HostTensor> trained,
    boolean contexts,
    DecodingSettings decoding) {}
