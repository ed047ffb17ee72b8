/**
 * Named float tensors from and to files; no model, and no graph that outlives a call.
 *
 * <p>Start with {@link org.bilora.weights.HostTensor}, which every reader returns, then {@link
 * org.bilora.weights.Safetensors}, the format that this project also writes. One class per format:
 *
 * <ul>
 *   <li>{@link org.bilora.weights.Safetensors}: one file
 *   <li>{@link org.bilora.weights.SafetensorsShards}: shards with their index
 *   <li>{@link org.bilora.weights.TorchFile}: a PyTorch checkpoint; its pickle is read by {@code
 *       RestrictedPickle}, which runs nothing
 *   <li>{@link org.bilora.weights.OnnxInitializers}: the weights of an exported ONNX graph
 *   <li>{@link org.bilora.weights.SavedModelVariables}: the variables of a TensorFlow SavedModel
 * </ul>
 *
 * <p>A reader for another format is a final class with a static {@code read} that yields tensors by
 * the names the file uses, the file's metadata and the SHA-256 of its bytes. It throws {@link
 * java.io.IOException} with one line naming file and tensor, and never returns a tensor whose bytes
 * it has not checked. What the names mean to a model is told in {@code model}. Files are written
 * through {@link org.bilora.weights.AtomicFile}, so that an unfinished file never carries the final
 * name.
 */
package org.bilora.weights;
