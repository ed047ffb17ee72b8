/** Gradient tapes, parameter groups and the gradients TensorFlow lacks. Uses TensorFlow only. */
package org.bilora.autodiff;
