/** Metrics and evaluators. Uses {@code data} and {@code model}. */
package org.bilora.eval;
