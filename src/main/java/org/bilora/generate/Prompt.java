package org.bilora.generate;

import java.util.Arrays;
import java.util.Optional;
import org.bilora.model.DecoderConfig;
import org.bilora.model.PretrainedDecoder;
import org.bilora.text.Encoding;

/**
 * What a decoder reads before it writes.
 *
 * @param tokens token ids, at least one
 * @param cut whether the text was too long, and lost tokens at its end
 */
public record Prompt(int[] tokens, boolean cut) {

  /**
   * A meaning representation, to be expressed: BPE(context) and the end of a text, after which a
   * decoder that was trained on such pairs writes a completion. It gets half of the model's
   * positions at least, and whatever {@code maxNewTokens} leaves.
   */
  public static Prompt ofContext(PretrainedDecoder model, String context, int maxNewTokens) {
    DecoderConfig config = model.config();
    Encoding encoding = encode(model, context, longest(config, maxNewTokens) - 1);
    int[] tokens = Arrays.copyOf(encoding.inputIds(), encoding.length() + 1);
    tokens[encoding.length()] = config.endOfTextId();
    return new Prompt(tokens, encoding.truncated());
  }

  /**
   * A text's beginning, to be continued: BPE(text), or the end of another text where it is empty.
   * It may be as long as {@link #ofContext}'s.
   */
  public static Prompt ofBeginning(PretrainedDecoder model, String text, int maxNewTokens) {
    DecoderConfig config = model.config();
    Encoding encoding = encode(model, text, longest(config, maxNewTokens));
    int[] tokens = encoding.length() == 0 ? new int[] {config.endOfTextId()} : encoding.inputIds();
    return new Prompt(tokens, encoding.truncated());
  }

  private static Encoding encode(PretrainedDecoder model, String text, int most) {
    return model.tokenizer().encode(text, Optional.empty(), most);
  }

  /** Most tokens of a prompt, what follows it in training included. */
  public static int longest(DecoderConfig config, int maxNewTokens) {
    return Math.max(config.maxPositions() - maxNewTokens, config.maxPositions() / 2);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Prompt that && Arrays.equals(tokens, that.tokens) && cut == that.cut;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(tokens);
  }
}
