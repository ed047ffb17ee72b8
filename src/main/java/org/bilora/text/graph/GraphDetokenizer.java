package org.bilora.text.graph;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.NdArray;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TString;

/**
 * The way back from ids to texts as part of a graph, of core operations alone: byte-level byte-pair
 * encoding, each of whose tokens stands for some bytes. Special tokens are left out; bytes that are
 * no UTF-8 become U+FFFD.
 */
public final class GraphDetokenizer {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final byte[][] bytesOfIds;

  private GraphDetokenizer(byte[][] bytesOfIds) {
    this.bytesOfIds = bytesOfIds;
  }

  /**
   * Reads a definition.
   *
   * @param definition the bytes of a {@code tokenizer.json}
   * @throws UnsupportedTokenizerException when its decoder is another one: which
   * @throws IOException when it is not JSON
   */
  public static GraphDetokenizer of(byte[] definition)
      throws IOException, UnsupportedTokenizerException {
    JsonNode root = JSON.readTree(definition);
    String decoder = root.path("decoder").path("type").asText("none");
    if (!decoder.equals("ByteLevel")) {
      throw new UnsupportedTokenizerException("decoder %s; ByteLevel is known".formatted(decoder));
    }
    Map<Integer, Integer> byteOfCharacter = new HashMap<>();
    int[] characters = ByteSymbols.characters();
    for (int value = 0; value < characters.length; value++) {
      byteOfCharacter.put(characters[value], value);
    }
    Map<Integer, byte[]> bytes = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : root.path("model").path("vocab").properties()) {
      bytes.put(entry.getValue().intValue(), bytes(entry.getKey(), byteOfCharacter));
    }
    for (JsonNode added : root.path("added_tokens")) {
      bytes.put(
          added.path("id").intValue(),
          added.path("special").asBoolean()
              ? new byte[0]
              : bytes(added.path("content").asText(), byteOfCharacter));
    }
    byte[][] all = new byte[1 + bytes.keySet().stream().mapToInt(id -> id).max().orElse(0)][];
    Arrays.setAll(all, id -> bytes.getOrDefault(id, new byte[0]));
    return new GraphDetokenizer(all);
  }

  /** Each character's byte; a token with another character stands for itself. */
  private static byte[] bytes(String token, Map<Integer, Integer> byteOfCharacter) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int character : token.codePoints().toArray()) {
      Integer value = byteOfCharacter.get(character);
      if (value == null) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      bytes.write(value);
    }
    return bytes.toByteArray();
  }

  /**
   * Builds it.
   *
   * @param ids {@code [rows, length]}
   * @param lengths how many of each row's first ids count, {@code [rows]}
   * @return {@code [rows]}, UTF-8
   */
  public Operand<TString> build(Ops tf, Operand<TInt32> ids, Operand<TInt32> lengths) {
    NdArray<byte[]> vocabulary = NdArrays.ofObjects(byte[].class, Shape.of(bytesOfIds.length));
    for (int id = 0; id < bytesOfIds.length; id++) {
      vocabulary.setObject(bytesOfIds[id], id);
    }
    Operand<TString> pieces;
    try (TString tensor = TString.tensorOfBytes(vocabulary)) {
      pieces = tf.gather(tf.constantOf(tensor), ids, tf.constant(0));
    }
    Operand<TInt32> places = tf.math.cumsum(tf.onesLike(ids), tf.constant(1)); // from 1
    Operand<TBool> counts = tf.math.lessEqual(places, tf.expandDims(lengths, tf.constant(1)));
    Operand<TString> kept = tf.select(counts, pieces, tf.fill(tf.shape(ids), tf.constant("")));
    return tf.strings.unicodeTranscode(
        tf.strings.reduceJoin(kept, tf.constant(1)), "UTF-8", "UTF-8");
  }
}
