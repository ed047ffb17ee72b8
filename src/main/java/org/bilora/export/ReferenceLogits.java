package org.bilora.export;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bilora.text.Encoding;

/**
 * Some texts and the logits the trained model gives for them, adapters unmerged, in float32: what
 * an export is held against. (A model trained in bfloat16 is exported in float32, so that its
 * reference is the same trained values evaluated in float32.)
 *
 * @param logits {@code [rows][labels]}
 * @param raw the same texts as strings, for the signature that takes such; empty where there are
 *     none
 * @param adapters names of the rows' adapters; empty where there is one model
 */
public record ReferenceLogits(
    PaddedTexts texts, float[][] logits, List<ServedModel.Text> raw, List<String> adapters) {

  /** Of one model. */
  public ReferenceLogits(PaddedTexts texts, float[][] logits, List<ServedModel.Text> raw) {
    this(texts, logits, raw, ImmutableList.of());
  }

  /** Texts that exist as token ids only. */
  public ReferenceLogits(PaddedTexts texts, float[][] logits) {
    this(texts, logits, ImmutableList.of());
  }

  /** Checks that there are logits for every text. */
  public ReferenceLogits {
    raw = ImmutableList.copyOf(raw);
    adapters = ImmutableList.copyOf(adapters);
    if (logits.length != texts.rows()) {
      throw new IllegalArgumentException(
          "there are reference logits of %d texts for %d texts"
              .formatted(logits.length, texts.rows()));
    }
    if (!raw.isEmpty() && raw.size() != texts.rows()) {
      throw new IllegalArgumentException(
          "there are %d texts as strings and %d as ids".formatted(raw.size(), texts.rows()));
    }
  }

  /** The same, of an adapter of that name. */
  ReferenceLogits of(String adapter) {
    return new ReferenceLogits(texts, logits, raw, Collections.nCopies(texts.rows(), adapter));
  }

  /** Rows of all in one batch, in turn: the first of each, the second of each, and so on. */
  static ReferenceLogits mixed(List<ReferenceLogits> parts, int padTokenId) {
    List<Encoding> encodings = new ArrayList<>();
    List<float[]> logits = new ArrayList<>();
    List<ServedModel.Text> raw = new ArrayList<>();
    List<String> adapters = new ArrayList<>();
    int longest = parts.stream().mapToInt(part -> part.texts.rows()).max().orElseThrow();
    for (int row = 0; row < longest; row++) {
      for (ReferenceLogits part : parts) {
        if (row < part.texts.rows()) {
          encodings.add(part.texts.row(row));
          logits.add(part.logits[row]);
          adapters.add(part.adapters.get(row));
          if (!part.raw.isEmpty()) {
            raw.add(part.raw.get(row));
          }
        }
      }
    }
    return new ReferenceLogits(
        PaddedTexts.of(encodings, padTokenId),
        logits.toArray(float[][]::new),
        raw.size() == encodings.size() ? raw : List.of(),
        adapters);
  }
}
