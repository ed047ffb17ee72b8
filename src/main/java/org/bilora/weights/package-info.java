/**
 * Named float tensors from and to files; no graph, no model.
 *
 * <p>Start with {@link org.bilora.weights.HostTensor}, what every reader yields, then {@link
 * org.bilora.weights.Safetensors}, the format that this project also writes. One class per format:
 *
 * <ul>
 *   <li>{@link org.bilora.weights.Safetensors}: one file
 *   <li>{@link org.bilora.weights.SafetensorsShards}: shards with their index
 * </ul>
 *
 * <p>A reader for another format is a final class with a static {@code read} that yields tensors by
 * the names the file uses, the file's metadata and the SHA-256 of its bytes. It throws {@link
 * java.io.IOException} with one line naming file and tensor, and never returns a tensor whose bytes
 * it has not checked. What the names mean to a model is told in {@code model}.
 */
package org.bilora.weights;
