package org.bilora.generate;

import com.google.common.collect.Lists;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.bilora.model.GenerationConfig;
import org.bilora.model.PretrainedDecoder;

/**
 * Generates texts with a decoder. What is generated for a prompt does not depend on the prompts
 * that share its batch. Holds a graph and a session until it is closed; the decoder may be closed
 * before.
 */
public final class TextGenerator implements AutoCloseable {
  private final NextTokens model;
  private final DecodingSettings settings;
  private final Set<Integer> ends;
  private final int maxPositions;

  /**
   * Builds the graph and hands it the weights.
   *
   * @throws IllegalArgumentException when the decoder's {@link GenerationConfig} asks for what is
   *     not done here
   */
  public TextGenerator(PretrainedDecoder decoder, DecodingSettings settings) {
    this.settings = settings;
    GenerationConfig generation = decoder.generation();
    generation
        .notDone()
        .ifPresent(
            message -> {
              throw new IllegalArgumentException(message);
            });
    ends = generation.ends();
    maxPositions = decoder.config().maxPositions();
    boolean sums = settings.method().ranksSums();
    model =
        settings.cache() ? new CachedDecoder(decoder, sums) : new UncachedDecoder(decoder, sums);
  }

  /**
   * Continues prompts. Those of similar length share a batch, so that little padding is computed.
   *
   * @param prompts token ids, each of 1 or more, and fewer than the model has positions
   * @return one text per prompt, in their order
   * @throws IllegalArgumentException when a prompt is empty or leaves no position for a token
   */
  public List<Generation> generate(List<int[]> prompts, DecodingListener listener) {
    for (int i = 0; i < prompts.size(); i++) {
      int length = prompts.get(i).length;
      if (length < 1 || length >= maxPositions) {
        throw new IllegalArgumentException(
            "prompt %,d has %,d tokens; it must have 1 or more and fewer than the %,d positions of"
                    .formatted(i + 1, length, maxPositions)
                + " the model");
      }
    }
    Generation[] texts = new Generation[prompts.size()];
    int finished = 0;
    List<Integer> byLength =
        IntStream.range(0, prompts.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> prompts.get(i).length))
            .toList();
    for (List<Integer> batch : Lists.partition(byLength, settings.batch())) {
      List<int[]> read = batch.stream().map(prompts::get).toList();
      List<Search> searches = new ArrayList<>();
      batch.forEach(i -> searches.add(search(i, prompts.get(i).length)));
      new BatchSearch(model, settings.method().rows()).run(read, searches);
      for (int i = 0; i < batch.size(); i++) {
        texts[batch.get(i)] = searches.get(i).result();
      }
      finished += batch.size();
      listener.finished(finished, texts.length);
    }
    return List.of(texts);
  }

  private Search search(int prompt, int promptLength) {
    Constraints constraints =
        new Constraints(ends, settings.noRepeatNGram(), settings.minNewTokens());
    int most = Math.min(settings.maxNewTokens(), maxPositions - promptLength);
    return settings.method().search(constraints, most, prompt);
  }

  @Override
  public void close() {
    model.close();
  }
}
