/**
 * Merged SavedModels for TensorFlow Serving. Uses {@code adapter}, {@code model}, {@code weights}.
 */
package org.bilora.export;
