/**
 * How well generated texts match what people wrote.
 *
 * <p>Start with {@link org.bilora.eval.generation.GenerationScores}, which computes what the E2E
 * challenge reports: BLEU, NIST, METEOR, ROUGE-L, CIDEr, and TER. Each {@link
 * org.bilora.eval.generation.CorpusMetric} is a pure function of a {@link
 * org.bilora.eval.generation.TokenizedCorpus}, in a file of its own with its equation and with what
 * distinguishes it from other implementations of the same name. A {@link
 * org.bilora.eval.generation.SentenceTokenizer} makes tokens of texts, and the choice of it is part
 * of a metric's definition.
 *
 * <p>Two programs that are no part of this project run in processes of their own: {@link
 * org.bilora.eval.generation.PtbTokenizer} and {@link org.bilora.eval.generation.Meteor}.
 *
 * <p>To add a metric, write it as a record of {@code CorpusMetric}, add it to {@code
 * CorpusMetricTest}, which holds what all of them keep, and test it on cases computed by hand.
 */
package org.bilora.eval.generation;
