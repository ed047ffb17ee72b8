package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bilora.text.Encoding;
import org.bilora.text.Tokenizer;

/**
 * Token sequences that a language model learns from. The loss counts the tokens of a sequence's
 * second segment ({@link Encoding#tokenTypeIds()}): of a pair the completion, of plain text
 * everything.
 *
 * @param task its name, and perplexity as its metric
 * @param splits sequences by split, as long as they come: {@link Dataset#TRAIN}, {@link
 *     Dataset#DEV} and perhaps others
 * @param source names of the files they came from
 * @param sha256 of the files' bytes, hexadecimal, for the run record
 */
public record LanguageModelDataset(
    Task task, Map<String, List<Encoding>> splits, String source, String sha256)
    implements TaskData {
  /** Keeps copies of the collections. */
  public LanguageModelDataset {
    splits = ImmutableMap.copyOf(Maps.transformValues(splits, ImmutableList::copyOf));
  }

  private static final int ANY_LENGTH = 1 << 20;

  /**
   * Sequences cut to a length.
   *
   * @param cut how many lost tokens
   * @param leftOut how many of them are not among the examples, because nothing that the loss
   *     counts was left of them
   */
  public record Cut(List<EncodedExample> examples, int cut, int leftOut) {
    /** Keeps copies of the collections. */
    public Cut {
      examples = ImmutableList.copyOf(examples);
    }
  }

  /**
   * A generation task's pairs: context, end of text, a blank and the completion, end of text (Hu et
   * al. 2021 on GPT-2). A context with several references makes several sequences.
   *
   * @param endOfText id that ends a text
   */
  public static LanguageModelDataset of(
      GenerationDataset dataset, Tokenizer tokenizer, int endOfText) {
    ImmutableMap.Builder<String, List<Encoding>> splits = ImmutableMap.builder();
    for (String split : dataset.splits().keySet()) {
      splits.put(
          split,
          dataset.split(split).parallelStream()
              .flatMap(example -> sequences(example, tokenizer, endOfText))
              .collect(ImmutableList.toImmutableList()));
    }
    return new LanguageModelDataset(
        task(dataset.task().id(), true), splits.buildOrThrow(), dataset.source(), dataset.sha256());
  }

  /**
   * Plain text in blocks of one length, of which the loss counts every token but the first. What is
   * left at a text's end and fills no block is left out.
   *
   * @param name of the task in the run record
   * @param texts token ids by split, {@link Dataset#TRAIN} and {@link Dataset#DEV} among them
   * @param length tokens per block
   * @throws IllegalArgumentException when a text is shorter than a block
   */
  public static LanguageModelDataset blocks(
      String name, Map<String, int[]> texts, int length, String source, String sha256) {
    ImmutableMap.Builder<String, List<Encoding>> splits = ImmutableMap.builder();
    int[] counted = new int[length];
    Arrays.fill(counted, 1);
    texts.forEach(
        (split, ids) -> {
          if (ids.length < length) {
            throw new IllegalArgumentException(
                "the %s text has %d tokens, less than one block of %d; give more text or shorter"
                        .formatted(split, ids.length, length)
                    + " blocks");
          }
          splits.put(
              split,
              IntStream.range(0, ids.length / length)
                  .mapToObj(
                      block ->
                          new Encoding(
                              Arrays.copyOfRange(ids, block * length, (block + 1) * length),
                              counted,
                              false))
                  .collect(ImmutableList.toImmutableList()));
        });
    return new LanguageModelDataset(task(name, false), splits.buildOrThrow(), source, sha256);
  }

  private static Task task(String name, boolean pairs) {
    return new Task(name, pairs, ImmutableList.of(), ImmutableList.of(MetricName.PERPLEXITY));
  }

  private static Stream<Encoding> sequences(
      GenerationExample example, Tokenizer tokenizer, int endOfText) {
    int[] context = ids(tokenizer, example.context());
    return example.references().stream()
        .map(reference -> sequence(context, ids(tokenizer, " " + reference), endOfText));
  }

  private static Encoding sequence(int[] context, int[] completion, int endOfText) {
    int[] ids = new int[context.length + completion.length + 2];
    int[] counted = new int[ids.length];
    System.arraycopy(context, 0, ids, 0, context.length);
    ids[context.length] = endOfText;
    System.arraycopy(completion, 0, ids, context.length + 1, completion.length);
    ids[ids.length - 1] = endOfText;
    Arrays.fill(counted, context.length + 1, counted.length, 1);
    return new Encoding(ids, counted, false);
  }

  private static int[] ids(Tokenizer tokenizer, String text) {
    return tokenizer.encode(text, Optional.empty(), ANY_LENGTH).inputIds();
  }

  /**
   * The sequences of one split.
   *
   * @throws IllegalArgumentException naming the splits there are
   */
  public List<Encoding> split(String name) {
    return Dataset.split(task.name(), splits, name);
  }

  /**
   * The sequences of one split, cut at their ends.
   *
   * @param maxLength most tokens of a sequence
   * @throws IllegalArgumentException when there is no such split, or nothing that the loss counts
   *     is left in it
   */
  public Cut cut(String split, int maxLength) {
    List<Encoding> whole = split(split);
    ImmutableList.Builder<EncodedExample> examples = ImmutableList.builder();
    int cut = 0;
    int leftOut = 0;
    for (int i = 0; i < whole.size(); i++) {
      Encoding sequence = whole.get(i);
      if (sequence.length() > maxLength) {
        cut++;
        sequence =
            new Encoding(
                Arrays.copyOf(sequence.inputIds(), maxLength),
                Arrays.copyOf(sequence.tokenTypeIds(), maxLength),
                true);
      }
      EncodedExample example = new EncodedExample(sequence, OptionalDouble.empty(), i);
      if (example.predictions() > 0) {
        examples.add(example);
      } else {
        leftOut++;
      }
    }
    if (leftOut == whole.size()) {
      throw new IllegalArgumentException(
          "the %s split of %s has no text whose completion begins within %d tokens; raise maxLength, or take a model with more positions"
              .formatted(split, task.name(), maxLength));
    }
    return new Cut(examples.build(), cut, leftOut);
  }
}
