/**
 * Tokenizers behind one small interface, {@link org.bilora.text.Tokenizer}. Uses libraries only.
 */
package org.bilora.text;
