package org.bilora.text;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;

/**
 * A {@code tokenizer.json} for BERT's WordPiece (Devlin et al. 2019), made from its {@code
 * vocab.txt}: a token per line, the id is the line's number from 0.
 */
public final class WordPieceDefinition {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

  private WordPieceDefinition() {}

  /** As {@link #of} for a vocabulary in lower case. */
  public static byte[] lowerCase(List<String> vocabulary, String where) throws IOException {
    return of(vocabulary, true, where);
  }

  /**
   * The definition as UTF-8 bytes.
   *
   * @param vocabulary tokens in the order of their ids
   * @param lowerCase whether texts are folded to lower case without accents
   * @param where it came from, for messages
   * @throws IOException when a special token is missing or a token appears twice
   */
  public static byte[] of(List<String> vocabulary, boolean lowerCase, String where)
      throws IOException {
    ObjectNode root = JSON.createObjectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (String token : SPECIAL) {
      added
          .addObject()
          .put("id", id(vocabulary, token, where))
          .put("content", token)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    root.putObject("normalizer")
        .put("type", "BertNormalizer")
        .put("clean_text", true)
        .put("handle_chinese_chars", true)
        .putNull("strip_accents")
        .put("lowercase", lowerCase);
    root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    root.set("post_processor", template(vocabulary, where));
    root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    ObjectNode model =
        root.putObject("model")
            .put("type", "WordPiece")
            .put("unk_token", "[UNK]")
            .put("continuing_subword_prefix", "##")
            .put("max_input_chars_per_word", 100);
    ObjectNode ids = model.putObject("vocab");
    for (int id = 0; id < vocabulary.size(); id++) {
      if (ids.has(vocabulary.get(id))) {
        throw new IOException(
            "%s: line %d repeats the token \"%s\"".formatted(where, id + 1, vocabulary.get(id)));
      }
      ids.put(vocabulary.get(id), id);
    }
    return JSON.writeValueAsBytes(root);
  }

  /** [CLS] A [SEP], and [CLS] A [SEP] B [SEP] with B and its end as the second segment. */
  private static ObjectNode template(List<String> vocabulary, String where) throws IOException {
    ObjectNode template = JSON.createObjectNode().put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    ArrayNode pair = template.putArray("pair");
    for (ArrayNode pieces : List.of(single, pair)) {
      piece(pieces, "SpecialToken", "[CLS]", 0);
      piece(pieces, "Sequence", "A", 0);
      piece(pieces, "SpecialToken", "[SEP]", 0);
    }
    piece(pair, "Sequence", "B", 1);
    piece(pair, "SpecialToken", "[SEP]", 1);
    ObjectNode specials = template.putObject("special_tokens");
    for (String token : List.of("[CLS]", "[SEP]")) {
      ObjectNode special = specials.putObject(token).put("id", token);
      special.putArray("ids").add(id(vocabulary, token, where));
      special.putArray("tokens").add(token);
    }
    return template;
  }

  private static void piece(ArrayNode pieces, String kind, String id, int segment) {
    pieces.addObject().putObject(kind).put("id", id).put("type_id", segment);
  }

  private static int id(List<String> vocabulary, String token, String where) throws IOException {
    int id = vocabulary.indexOf(token);
    if (id < 0) {
      throw new IOException("%s lacks the token %s".formatted(where, token));
    }
    return id;
  }
}
