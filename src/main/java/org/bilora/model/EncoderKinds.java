package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/** The kinds of encoder, by the {@code model_type} of their {@code config.json}. */
final class EncoderKinds {
  /** Reads a kind's configuration. */
  @FunctionalInterface
  interface Reader {
    /**
     * Reads the fields.
     *
     * @throws IOException when a field is missing or has a value that the forward pass cannot have
     * @throws IllegalArgumentException likewise
     */
    EncoderConfig read(ConfigFile file) throws IOException;
  }

  private static final Map<String, Reader> READERS =
      ImmutableMap.<String, Reader>builder()
          .put("bert", Bert::read)
          .put("roberta", file -> Roberta.read("RoBERTa", file))
          .put("xlm-roberta", file -> Roberta.read("XLM-RoBERTa", file))
          .put("camembert", file -> Roberta.read("CamemBERT", file))
          .put("distilbert", DistilBert::read)
          .put("electra", Electra::read)
          .put("albert", Albert::read)
          .put("mpnet", MpNet::read)
          .put("deberta-v2", DebertaV2::read)
          .put("modernbert", ModernBert::read)
          .buildOrThrow();

  private EncoderKinds() {}

  /** Every {@code model_type} that is read. */
  static Set<String> modelTypes() {
    return READERS.keySet();
  }

  /**
   * The reader for that file.
   *
   * @throws IOException when its {@code model_type} is not one of these
   */
  static Reader reader(ConfigFile file) throws IOException {
    Reader reader = READERS.get(file.text("model_type", "(none)"));
    if (reader == null) {
      throw file.unsupported("model_type", String.join(", ", modelTypes()));
    }
    return reader;
  }
}
