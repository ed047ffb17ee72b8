/** The two-level problem and its hypergradients. Uses {@code autodiff} and {@code optim}. */
package org.bilora.bilevel;
