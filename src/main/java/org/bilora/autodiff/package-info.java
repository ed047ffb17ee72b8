/**
 * Reverse-mode differentiation of graphs, to any order, for two groups of parameters.
 *
 * <p>Start at {@link org.bilora.autodiff.GradientTape}, one of which watches one {@link
 * org.bilora.autodiff.ParameterGroup}. A new operation in a forward pass gets its rule in {@code
 * GradientRules}, written in operations that have rules themselves, and a line in the test there;
 * without one TensorFlow's registered gradient serves for a first derivative. Segments of a graph
 * ({@link org.bilora.graph.Recomputation}) are computed again on the way back, and their adjoints
 * with them when these are differentiated in turn: {@code RecomputedSegment}. Uses TensorFlow only.
 */
package org.bilora.autodiff;
