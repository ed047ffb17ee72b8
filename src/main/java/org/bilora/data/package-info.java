/**
 * Tasks, readers, the D1/D2 split, length buckets and batches. Uses {@code text}.
 *
 * <p>Where to start: {@link org.bilora.data.Tasks#load} reads a {@link org.bilora.data.Dataset};
 * {@link org.bilora.data.StratifiedSplit} cuts its training split into D1 and D2; {@link
 * org.bilora.data.EncodedSet} turns examples into token ids; {@link
 * org.bilora.data.LengthBuckets#choose}, over all sets that are trained on, picks the lengths that
 * batches are padded to; {@link org.bilora.data.EpochPlan} says which examples meet in which step,
 * and {@link org.bilora.data.EvaluationBatches} covers a set once. All of it is a function of the
 * files and a seed.
 *
 * <p>Tasks that generate text are apart: {@link org.bilora.data.GenerationTask} reads E2E, WebNLG
 * and DART into {@link org.bilora.data.GenerationExample}s, and {@link
 * org.bilora.data.GeneratedTexts} reads what a system wrote for them. {@link
 * org.bilora.data.LanguageModelDataset} makes token sequences of them, or of plain text, and {@link
 * org.bilora.data.PredictedTokens} says what a batch of those asks a language model. To add one,
 * write a {@code GenerationFormat} and give it a constant there. {@link
 * org.bilora.data.TextDocuments} are plain texts to pretrain on.
 *
 * <p>To add a task in GLUE's format, add a constant to {@code GlueTask}: folder, labels in the
 * order of their indices, metrics, and the columns of its files. To add one in a format of its own,
 * write a reader like {@code GrammarTask} that returns a {@link org.bilora.data.Dataset}, and give
 * its name a case in {@link org.bilora.data.Tasks}. A reader reads files through {@code TextFile},
 * which settles encodings, line ends and the hash, and reports what is wrong with {@code
 * TextFile.Line#problem}: file, line, what to do. A new metric is a constant of {@link
 * org.bilora.data.MetricName} and a case in {@code org.bilora.eval.Metrics}.
 */
package org.bilora.data;
