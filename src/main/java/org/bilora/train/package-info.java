/** Training, checkpoints and the run record. Uses all rooms above it. */
package org.bilora.train;
