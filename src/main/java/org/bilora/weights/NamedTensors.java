package org.bilora.weights;

import com.google.common.collect.ImmutableMap;

/**
 * Tensors by name, and what they were read from.
 *
 * @param tensors as float32
 * @param sha256 of the file's bytes, hexadecimal
 */
public record NamedTensors(ImmutableMap<String, HostTensor> tensors, String sha256) {}
