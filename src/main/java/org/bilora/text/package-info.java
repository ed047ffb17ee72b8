/**
 * Tokenizers: texts in, token ids out, and back.
 *
 * <p>Start with {@link org.bilora.text.Tokenizer}, the one interface that the other packages know,
 * and {@link org.bilora.text.Encoding}, its result. {@link org.bilora.text.JsonTokenizer} runs any
 * Hugging Face {@code tokenizer.json}.
 *
 * <p><b>From a model's folder.</b> {@link org.bilora.text.TokenizerFiles} opens the tokenizer of a
 * Hugging Face directory as Transformers does: {@code tokenizer_config.json} names a {@code
 * TokenizerClass}, {@code ClassDefinition} builds from its settings what that class builds, and
 * {@code VocabularyFiles} and {@code AddedTokens} read the vocabulary, the merges and the tokens
 * beside it. A setting that is not understood exactly is refused by name.
 *
 * <p><b>Without a tokenizer.json.</b> {@link org.bilora.text.WordPieceDefinition} writes one for a
 * BERT with a {@code vocab.txt}, {@link org.bilora.text.BytePairDefinition} for a GPT-2 with {@code
 * vocab.json} and {@code merges.txt}; {@link org.bilora.text.BytePairTraining} learns such a
 * vocabulary from texts.
 *
 * <p><b>In a graph.</b> {@link org.bilora.text.graph} has WordPiece and byte-level byte-pair
 * tokenizers as operations of a TensorFlow graph, so that an export takes texts.
 *
 * <p>To add a tokenizer, write its definition as a {@code tokenizer.json}: exports carry that file,
 * and servers read it. A class of Transformers is a constant of {@code TokenizerClass} and its
 * parts in {@code ClassDefinition}.
 */
package org.bilora.text;
