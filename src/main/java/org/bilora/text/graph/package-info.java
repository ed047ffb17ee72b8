/**
 * Tokenizers inside a TensorFlow graph: strings in, token ids out, of core operations alone.
 *
 * <p>Start with {@link org.bilora.text.graph.GraphTokenizer}, which reads a {@code tokenizer.json}
 * and refuses by name what it cannot do exactly. A text passes through these stages, all texts of a
 * batch as one vector ({@link org.bilora.text.graph.Vectors} has the vocabulary for that):
 *
 * <ol>
 *   <li>{@link org.bilora.text.graph.FlatText} decodes UTF-8.
 *   <li>{@link org.bilora.text.graph.AddedTokenSplit} finds tokens that stand in the text
 *       literally.
 *   <li>{@link org.bilora.text.graph.Subwords}: {@link org.bilora.text.graph.WordPiece}, or {@link
 *       org.bilora.text.graph.BytePairs} on {@link org.bilora.text.graph.ByteLevelWords}. Each is
 *       one {@link org.bilora.text.graph.Loop} over all words at once, with {@link
 *       org.bilora.text.graph.Tables} that a SavedModel's loader fills.
 *   <li>{@link org.bilora.text.graph.Assembly} cuts, puts tokens into the {@link
 *       org.bilora.text.graph.Template}, and pads.
 * </ol>
 *
 * <p>{@link org.bilora.text.graph.Characters} is a table of what the tokenizer takes each code
 * point for, made by asking the tokenizer.
 *
 * <p>{@link org.bilora.text.graph.GraphDetokenizer} is the way back, from ids to texts.
 *
 * <p>To add a model, implement {@code Subwords} and name it in {@code GraphTokenizer.of}; {@code
 * GraphTokenizerTest} holds its ids against Hugging Face's.
 */
package org.bilora.text.graph;
