/**
 * Tokenizers: texts in, token ids out, and back.
 *
 * <p>Start with {@link org.bilora.text.Tokenizer}, the one interface that the other rooms know, and
 * {@link org.bilora.text.Encoding}, what it yields. {@link org.bilora.text.JsonTokenizer} runs any
 * Hugging Face {@code tokenizer.json}; {@link org.bilora.text.WordPieceDefinition} writes such a
 * file for BERT models that come with a {@code vocab.txt} instead, {@link
 * org.bilora.text.BytePairDefinition} for a GPT-2 with {@code vocab.json} and {@code merges.txt},
 * whose tokens {@link org.bilora.text.BytePairTraining} learns from texts.
 *
 * <p>{@link org.bilora.text.graph} has the same tokenizers as parts of a TensorFlow graph.
 *
 * <p>To add a tokenizer, write its definition as a {@code tokenizer.json}: exports carry that file,
 * and servers read it.
 */
package org.bilora.text;
