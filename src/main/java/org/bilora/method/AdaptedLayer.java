package org.bilora.method;

import java.util.function.Supplier;

/**
 * A dense layer to adapt, before training.
 *
 * @param module its name
 * @param out rows of W
 * @param in columns of W
 * @param weight W, {@code [out, in]}, row-major
 */
public record AdaptedLayer(String module, int out, int in, Supplier<float[]> weight) {}
