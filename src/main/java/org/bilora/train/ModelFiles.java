package org.bilora.train;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The files beside a model's weights that decide what it computes: one bit in an architecture or a
 * vocabulary makes another model of the same weights. Models that are no directory have none; their
 * files come with a version that never changes.
 */
final class ModelFiles {
  private static final ImmutableList<String> NAMES =
      ImmutableList.of(
          "config.json",
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "added_tokens.json",
          "special_tokens_map.json",
          "vocab.json",
          "merges.txt",
          "vocab.txt",
          "spiece.model",
          "spm.model",
          "sentencepiece.bpe.model");

  private ModelFiles() {}

  /**
   * Hashes by file name, of those that are there.
   *
   * @param model name of a preset, or a directory
   */
  static ImmutableMap<String, String> sha256(String model) throws IOException {
    ImmutableMap.Builder<String, String> hashes = ImmutableMap.builder();
    for (String name : NAMES) {
      Path file = file(model, name);
      if (file != null && Files.isRegularFile(file)) {
        hashes.put(name, Hashing.sha256().hashBytes(Files.readAllBytes(file)).toString());
      }
    }
    return hashes.buildOrThrow();
  }

  /**
   * Makes sure that a model's files are those that a run started from.
   *
   * @param run named in the message
   * @param recorded as {@link #sha256} returned it then; nothing is checked where it is empty
   * @throws IOException when one has changed, is gone or is new
   */
  static void requireSame(Path run, Map<String, String> recorded, String model) throws IOException {
    if (recorded.isEmpty()) {
      return;
    }
    Map<String, String> now = sha256(model);
    for (String name : NAMES) {
      String before = recorded.get(name);
      String after = now.get(name);
      if (before == null ? after != null : !before.equals(after)) {
        throw new IOException(
            "%s is not what the run in %s was trained with: it %s; restore it, or train again"
                .formatted(
                    file(model, name),
                    run,
                    before == null
                        ? "was not there then"
                        : after == null
                            ? "is missing"
                            : "had the hash %s and has %s now".formatted(before, after)));
      }
    }
  }

  private static Path file(String model, String name) {
    try {
      return Path.of(model).resolve(name);
    } catch (InvalidPathException e) {
      return null;
    }
  }
}
