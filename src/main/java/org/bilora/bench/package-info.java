/** Experiments, step timing, statistics and reports. Uses all rooms above it. */
package org.bilora.bench;
