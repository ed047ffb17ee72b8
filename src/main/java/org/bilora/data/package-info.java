/** Tasks, readers, splits and batches. Uses {@code text}. */
package org.bilora.data;
