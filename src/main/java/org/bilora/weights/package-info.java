/** Named tensors from and to files, without a graph. Uses libraries only. */
package org.bilora.weights;
