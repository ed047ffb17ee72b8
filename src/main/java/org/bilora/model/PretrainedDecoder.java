package org.bilora.model;

import com.google.common.collect.ImmutableMap;
import org.bilora.text.Tokenizer;
import org.bilora.weights.HostTensor;

/**
 * A pretrained GPT-2 as it was read: architecture, weights and tokenizer.
 *
 * <p>Weights carry Hugging Face's names without the model's prefix, and Hugging Face's layout,
 * which for GPT-2 is {@code [in, out]}:
 *
 * <pre>
 * wte.weight                     [vocabulary, hidden]   token embedding and, transposed, output layer
 * wpe.weight                     [positions, hidden]
 * h.N.ln_1.weight, .bias         [hidden]               and ln_2
 * h.N.attn.c_attn.weight         [hidden, 3 · hidden]   query, key, value; .bias [3 · hidden]
 * h.N.attn.c_proj.weight         [hidden, hidden]       .bias [hidden]
 * h.N.mlp.c_fc.weight            [hidden, intermediate] .bias [intermediate]
 * h.N.mlp.c_proj.weight          [intermediate, hidden] .bias [hidden]
 * ln_f.weight, .bias             [hidden]
 * </pre>
 *
 * @param name the directory as the user wrote it
 * @param config architecture
 * @param weights by canonical name; every shape was checked against {@code config}
 * @param tokenizer closed with this decoder
 * @param source names of the files it came from
 * @param sha256 of the weight file's bytes, hexadecimal
 */
public record PretrainedDecoder(
    String name,
    DecoderConfig config,
    ImmutableMap<String, HostTensor> weights,
    Tokenizer tokenizer,
    String source,
    String sha256)
    implements AutoCloseable {

  @Override
  public void close() {
    tokenizer.close();
  }
}
