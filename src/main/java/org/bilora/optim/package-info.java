/** Optimizers, schedules and clipping as graph expressions. Uses TensorFlow only. */
package org.bilora.optim;
