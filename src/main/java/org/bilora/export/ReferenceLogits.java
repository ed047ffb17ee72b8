package org.bilora.export;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * Some texts and the logits the trained model gives for them, adapters unmerged, in float32: what
 * an export is held against. (A model trained in bfloat16 is exported in float32, so that its
 * reference is the same trained values evaluated in float32.)
 *
 * @param logits {@code [rows][labels]}
 * @param raw the same texts as strings, for the signature that takes such; empty where there are
 *     none
 */
public record ReferenceLogits(PaddedTexts texts, float[][] logits, List<ServedModel.Text> raw) {

  /** Texts that exist as token ids only. */
  public ReferenceLogits(PaddedTexts texts, float[][] logits) {
    this(texts, logits, ImmutableList.of());
  }

  /** Checks that there are logits for every text. */
  public ReferenceLogits {
    raw = ImmutableList.copyOf(raw);
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
}
