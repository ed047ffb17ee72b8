package org.bilora.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A generation task's examples.
 *
 * @param splits examples by split: {@link Dataset#TRAIN}, {@link Dataset#DEV} and, where it exists,
 *     {@link Dataset#TEST}
 * @param source names of the files they came from
 * @param sha256 of the files' bytes, hexadecimal, for the run record
 */
public record GenerationDataset(
    GenerationTask task,
    Map<String, List<GenerationExample>> splits,
    String source,
    String sha256) {
  /** Keeps copies of the collections. */
  public GenerationDataset {
    splits = ImmutableMap.copyOf(Maps.transformValues(splits, ImmutableList::copyOf));
  }

  /**
   * The examples of one split.
   *
   * @throws IllegalArgumentException naming the splits there are
   */
  public List<GenerationExample> split(String name) {
    return Dataset.split(task.id(), splits, name);
  }

  /**
   * What a language model is trained on: each context with each of its references, in the order of
   * the files.
   *
   * @throws IllegalArgumentException naming the splits there are
   */
  public List<GenerationExample.Pair> pairs(String split) {
    return split(split).stream()
        .flatMap(example -> example.pairs().stream())
        .collect(ImmutableList.toImmutableList());
  }

  /**
   * The data set with fewer training pairs: some by chance, in the order of the files, each with a
   * context of its own. The same one when it has no more.
   *
   * @param most pairs, 1 or more
   * @param seed of the choice
   */
  public GenerationDataset withTrainPairs(int most, long seed) {
    List<GenerationExample.Pair> all = pairs(Dataset.TRAIN);
    if (all.size() <= most) {
      return this;
    }
    List<GenerationExample.Pair> chosen =
        Arrays.stream(SeededOrder.permutation(all.size(), seed))
            .limit(most)
            .sorted()
            .mapToObj(all::get)
            .toList();
    return with(
        Dataset.TRAIN,
        chosen,
        "%d of %d training pairs, seed %d".formatted(most, all.size(), seed));
  }

  /**
   * The data set with fewer pairs of its dev split, in equal steps, each with a context of its own.
   * The same one when it has no more.
   *
   * @param most pairs, 1 or more
   */
  public GenerationDataset withDevPairs(int most) {
    List<GenerationExample.Pair> all = pairs(Dataset.DEV);
    return all.size() <= most
        ? this
        : with(
            Dataset.DEV,
            EqualSteps.of(all, most),
            "%d of %d dev pairs".formatted(most, all.size()));
  }

  private GenerationDataset with(String split, List<GenerationExample.Pair> pairs, String how) {
    ImmutableMap.Builder<String, List<GenerationExample>> changed = ImmutableMap.builder();
    changed.putAll(splits);
    changed.put(
        split,
        pairs.stream()
            .map(pair -> new GenerationExample(pair.context(), List.of(pair.completion())))
            .collect(ImmutableList.toImmutableList()));
    return new GenerationDataset(
        task,
        changed.buildKeepingLast(),
        "%s (%s)".formatted(source, how),
        Hashing.sha256().hashString(sha256 + "\n" + how, StandardCharsets.UTF_8).toString());
  }
}
