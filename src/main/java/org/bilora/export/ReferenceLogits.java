package org.bilora.export;

/**
 * Some texts and the logits the trained model gives for them, adapters unmerged, in float32: what
 * an export is held against. (A model trained in bfloat16 is exported in float32, so that its
 * reference is the same trained values evaluated in float32.)
 *
 * @param logits {@code [rows][labels]}
 */
public record ReferenceLogits(PaddedTexts texts, float[][] logits) {

  /** Checks that there are logits for every text. */
  public ReferenceLogits {
    if (logits.length != texts.rows()) {
      throw new IllegalArgumentException(
          "there are reference logits of %d texts for %d texts"
              .formatted(logits.length, texts.rows()));
    }
  }
}
