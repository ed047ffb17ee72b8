/**
 * TensorFlow's graph as this project uses it: variables that stay on the device, functions that are
 * called as one node, and one batched product.
 *
 * <p><b>Where to start.</b> {@link org.bilora.graph.ResourceVariable} is a tensor that lives from
 * run to run; {@link org.bilora.graph.StepFunction} packs a computation over variables and fed
 * tensors as one function, which XLA can compile whole, and {@link org.bilora.graph.UnpackedStep}
 * as a part of the graph that holds the variables; {@link org.bilora.graph.BatchProduct} is the
 * batched matrix product whose gradient needs no broadcasting; {@link org.bilora.graph.RowProduct}
 * multiplies with one matrix, or with one for each row of a batch; {@link
 * org.bilora.graph.EndToEnd} joins operands, one or more; {@link org.bilora.graph.ValueSum} adds up
 * one training's values, or those of each of several lanes, and {@link org.bilora.graph.ValueAt}
 * takes one of them; {@link org.bilora.graph.Recomputation} marks what is not kept for a gradient
 * but computed again.
 *
 * <p>Uses TensorFlow only.
 */
package org.bilora.graph;
