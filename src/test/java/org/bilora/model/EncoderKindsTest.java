package org.bilora.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What kinds of encoder refuse, what they call things, and their tables of distances. */
class EncoderKindsTest {
  private static final Path REFERENCES = Path.of("src", "test", "resources", "transformers");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bert | model_type | \"deberta\" | model_type is deberta; supported: bert, roberta, xlm-roberta",
        "electra | is_decoder | true | is_decoder is true; supported: false",
        "electra | position_embedding_type | \"relative_key\" | position_embedding_type is relative_key; supported: absolute",
        "electra | add_cross_attention | true | add_cross_attention is true; supported: false",
        "electra | type_vocab_size | 0 | type_vocab_size is 0; it must be 1 or more",
        "electra | embedding_size | 0 | embedding_size is 0; it must be 1 or more",
        "distilbert | activation | \"mish\" | activation is mish; supported: gelu",
        "distilbert | n_heads | 3 | num_attention_heads is 3; it must divide hidden_size 16",
        "albert | num_hidden_groups | 3 | num_hidden_groups is 3; it must be from 1 to num_hidden_layers, which is 2",
        "albert | inner_group_num | 0 | inner_group_num is 0; it must be 1 or more",
        "mpnet | pad_token_id | 0 | pad_token_id is 0; MPNet counts positions by the padding token 1",
        "mpnet | relative_attention_num_buckets | 16 | relative_attention_num_buckets is 16; MPNet's distances need 32",
        "xlm-roberta | max_position_embeddings | 2 | max_position_embeddings is 2; it must be more than pad_token_id + 1",
        "deberta-v3 | pos_att_type | [\"c2p\", \"p2p\"] | pos_att_type is [\"c2p\",\"p2p\"]; supported: c2p, p2c",
        "deberta-v3 | norm_rel_ebd | \"batch_norm\" | norm_rel_ebd is \"batch_norm\"; supported: none, layer_norm",
        "deberta-v3 | attention_head_size | 8 | attention_head_size is 8; supported: 4",
        "deberta-v3 | pooler_hidden_size | 20 | pooler_hidden_size is 20; supported: 16",
        "deberta-v3 | pooler_hidden_act | \"mish\" | pooler_hidden_act is mish; supported: gelu",
        "deberta-v3 | position_buckets | 300 | position_buckets is 300; it must be from 2 to below",
        "deberta-v3 | max_relative_positions | \"far\" | max_relative_positions is \"far\"; it must be a whole number",
        "deberta-v2-conv | conv_kernel_size | 4 | conv_kernel_size is 4; it must be odd",
        "modernbert | classifier_pooling | \"max\" | classifier_pooling is max; supported: cls, mean",
        "modernbert | layer_types | [\"full_attention\"] | layer_types has 1 entries; it must have one for each of the 4 layers",
        "modernbert | layer_types | [\"linear_attention\"] | layer_types has \"linear_attention\"; supported: full_attention",
        "modernbert | rope_parameters | {\"full_attention\": {\"rope_type\": \"yarn\"}} | rope_parameters.full_attention.rope_type is yarn; supported: default",
        "modernbert | head_dim | 4 | head_dim is 4; supported: 8",
        "deberta-v2-conv | conv_groups | 2 | conv_groups is 2; supported: 1",
      })
  void anOptionThatIsNotBuiltIsRefusedByName(
      String model, String field, String value, String complaint) throws IOException {
    ObjectNode config =
        (ObjectNode) JSON.readTree(REFERENCES.resolve(model).resolve("config.json").toFile());
    config.set(field, JSON.readTree(value));
    Path file = folder.resolve("config.json");
    JSON.writeValue(file.toFile(), config);
    IOException refused = assertThrows(IOException.class, () -> EncoderConfigFile.read(file));
    assertTrue(refused.getMessage().startsWith(file + ": " + complaint), refused.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "bert, encoder.layer.0.attention.self.query, encoder.layer.0.attention.self.value",
    "distilbert, transformer.layer.0.attention.q_lin, transformer.layer.0.attention.v_lin",
    "mpnet, encoder.layer.0.attention.attn.q, encoder.layer.0.attention.attn.v",
    "deberta-v3, encoder.layer.0.attention.self.query_proj, encoder.layer.0.attention.self.value_proj",
    "modernbert, layers.0.attn.Wqkv.query, layers.0.attn.Wqkv.value",
    "albert, encoder.albert_layer_groups.0.albert_layers.0.attention.query,"
        + " encoder.albert_layer_groups.0.albert_layers.0.attention.value",
  })
  void queryAndValueNameTheLayersOfThatRole(String model, String query, String value)
      throws IOException {
    EncoderConfig config = EncoderConfigFile.read(REFERENCES.resolve(model).resolve("config.json"));
    assertEquals(
        List.of(query, value),
        TargetModules.match(config, List.of("query", "value")).subList(0, 2));
  }

  @Test
  void layersThatShareWeightsAreAdaptedOnceAndCountedAsOftenAsTheyAreUsed() throws IOException {
    // 5 layers of 2 inner ones each, over 2 groups of 2 stored layers.
    EncoderConfig config =
        EncoderConfigFile.read(REFERENCES.resolve("albert-groups").resolve("config.json"));
    assertEquals(4, TargetModules.match(config, List.of("query")).size());
    assertEquals(16 * 16 + 10 * (4 * 16 * 16 + 2 * 16 * 24), config.kind().weightsPerToken(config));
  }

  @ParameterizedTest
  @CsvSource({"256, 512", "32, 128", "10, 24", "7, 512"})
  void debertaSharesRowsAmongDistancesAsTransformersDoes(int buckets, int farthest)
      throws IOException {
    DebertaV2.Distances distances = new DebertaV2.Distances(buckets, farthest, true, false);
    JsonNode rows = distances().get("deberta %d %d".formatted(buckets, farthest));
    for (int distance = 0; distance < rows.size(); distance++) {
      int behind = Math.min(rows.get(distance).asInt(), buckets - 1);
      int before = Math.max(-rows.get(distance).asInt(), -buckets);
      assertEquals(buckets + behind, DisentangledAttention.row(distances, distance));
      assertEquals(buckets + before, DisentangledAttention.row(distances, -distance));
    }
  }

  @Test
  void mpNetSharesBucketsAmongDistancesAsTransformersDoes() throws IOException {
    JsonNode tables = distances();
    for (int distance = 0; distance < 512; distance++) {
      assertEquals(tables.get("mpnet after").get(distance).asInt(), MpNet.bucket(distance));
      assertEquals(tables.get("mpnet before").get(distance).asInt(), MpNet.bucket(-distance));
    }
  }

  private static JsonNode distances() throws IOException {
    return JSON.readTree(REFERENCES.resolve("distances.json").toFile());
  }
}
