package org.bilora.serve;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.bilora.export.ServedModel;
import org.bilora.export.ServedOutputs;
import org.tensorflow.proto.SignatureDef;

/** An export opened for serving: the name and version that paths give it, and its signatures. */
final class ServedExport implements AutoCloseable {
  private static final String IDS = "input_ids";
  private static final String MASK = "attention_mask";

  private final String name;
  private final long version;
  private final ServedModel model;
  private final Map<String, ServedSignature> signatures;

  private ServedExport(String name, long version, ServedModel model) {
    this.name = name;
    this.version = version;
    this.model = model;
    ImmutableSortedMap.Builder<String, ServedSignature> all = ImmutableSortedMap.naturalOrder();
    Map<String, SignatureDef> packed = model.bundle().metaGraphDef().getSignatureDefMap();
    packed.forEach(
        (key, definition) -> {
          // The loader's own bookkeeping is listed as a signature too.
          if (!key.startsWith("__")) {
            all.put(key, new GraphSignature(key, definition, model.bundle(), padding(definition)));
          }
        });
    if (!packed.containsKey(TokenizedRequest.NAME)) {
      SignatureDef ids = packed.get(ServedSignature.DEFAULT);
      all.put(
          TokenizedRequest.NAME,
          new TokenizedRequest(
              model,
              new GraphSignature(ServedSignature.DEFAULT, ids, model.bundle(), padding(ids))));
    }
    this.signatures = all.build();
  }

  /**
   * Opens an export.
   *
   * @param directory a version folder, or the model's folder, of which the largest version is taken
   * @param name what paths call the model; the name of its folder where absent
   * @throws IOException when something is missing or damaged: one line saying which file
   */
  static ServedExport open(Path directory, Optional<String> name) throws IOException {
    ServedModel model = ServedModel.open(directory);
    if (model.outputs() == ServedOutputs.TOKENS) {
      model.close();
      throw new IOException(
          "%s tags words, and answers per token: TensorFlow Serving serves it to who has the tokens; for texts use predict"
              .formatted(directory));
    }
    try {
      Path version = model.directory().toAbsolutePath().normalize();
      Path base = version.getParent();
      String called =
          name.orElseGet(
              () -> base.getFileName() == null ? "model" : base.getFileName().toString());
      return new ServedExport(called, number(version), model);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** The version that the folder's name is; 1 for an export that was given another name. */
  private static long number(Path version) {
    String name = version.getFileName().toString();
    return name.matches("[0-9]{1,18}") ? Long.parseLong(name) : 1;
  }

  /** A mask tells padding from tokens, so rows of several lengths may share a run. */
  private Map<String, Long> padding(SignatureDef definition) {
    if (!definition.containsInputs(IDS) || !definition.containsInputs(MASK)) {
      return ImmutableMap.of();
    }
    ImmutableMap.Builder<String, Long> padding = ImmutableMap.builder();
    definition
        .getInputsMap()
        .forEach(
            (input, info) -> {
              if (info.getTensorShape().getDimCount() == 2) {
                padding.put(input, input.equals(IDS) ? (long) model.padTokenId() : 0L);
              }
            });
    return padding.build();
  }

  String name() {
    return name;
  }

  long version() {
    return version;
  }

  ServedModel model() {
    return model;
  }

  /** All signatures by name, sorted. */
  Map<String, ServedSignature> signatures() {
    return signatures;
  }

  /** The signature that takes texts. */
  ServedSignature texts() {
    return signatures.get(TokenizedRequest.NAME);
  }

  /**
   * A signature by name.
   *
   * @throws RequestRefusedException when there is none
   */
  ServedSignature signature(String key) {
    ServedSignature signature = signatures.get(key);
    if (signature == null) {
      throw RequestRefusedException.badRequest(
          "there is no signature %s; the model has %s"
              .formatted(key, String.join(", ", signatures.keySet())));
    }
    return signature;
  }

  @Override
  public void close() {
    model.close();
  }
}
