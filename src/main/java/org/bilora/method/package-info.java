/**
 * Ways of fine-tuning: what each trains, on what, and with which penalties.
 *
 * <p>Uses {@code adapter}, {@code bilevel} and the rooms above them.
 */
package org.bilora.method;
