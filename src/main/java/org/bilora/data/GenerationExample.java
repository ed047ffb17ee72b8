package org.bilora.data;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;

/**
 * A meaning representation and the texts that people wrote for it.
 *
 * @param context the meaning representation as text, such as {@code name : Blue Spice | area :
 *     riverside}
 * @param references texts that express it, in the order of the file; none where the file has none
 * @param category what it is about, as WebNLG names it; empty where the file says nothing
 */
public record GenerationExample(
    String context, List<String> references, Optional<String> category) {
  /** Copies what could change. */
  public GenerationExample {
    references = ImmutableList.copyOf(references);
  }

  /** Of no known category. */
  public GenerationExample(String context, List<String> references) {
    this(context, references, Optional.empty());
  }

  /**
   * What a language model is trained on.
   *
   * @param completion one of the references
   */
  public record Pair(String context, String completion) {}

  /** The context with each reference. */
  public List<Pair> pairs() {
    return references.stream()
        .map(reference -> new Pair(context, reference))
        .collect(ImmutableList.toImmutableList());
  }
}
