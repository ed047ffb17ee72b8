/**
 * Transformer forward passes as functions. Uses {@code adapter}, {@code weights} and {@code text}.
 */
package org.bilora.model;
