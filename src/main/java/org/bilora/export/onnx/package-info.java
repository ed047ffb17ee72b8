/**
 * TensorFlow graphs as ONNX.
 *
 * <p>{@link org.bilora.export.onnx.OnnxTranslation} turns a graph into ONNX's operators, node by
 * node, so that whatever kind of encoder is built of the operations it knows can be exported;
 * {@code OnnxGraphBuilder} collects the result. To translate another operation, add its rule to
 * {@code OnnxTranslation}.
 */
package org.bilora.export.onnx;
