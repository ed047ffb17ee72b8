package org.bilora.export;

import com.google.protobuf.ByteString;
import java.util.HashMap;
import java.util.Map;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;

/**
 * Large constants of a graph that are the same, kept once: a tokenizer that is built several times
 * brings its vocabulary each time.
 */
final class SharedConstants {
  /** Smaller ones are not worth it. */
  private static final int LEAST_BYTES = 4096;

  private SharedConstants() {}

  /** The same graph with one node for all constants of the same value. */
  static GraphDef of(GraphDef graph) {
    Map<ByteString, String> kept = new HashMap<>();
    Map<String, String> sameAs = new HashMap<>();
    GraphDef.Builder smaller = graph.toBuilder().clearNode();
    for (NodeDef node : graph.getNodeList()) {
      boolean large =
          node.getOp().equals("Const")
              && node.getInputCount() == 0
              && node.getSerializedSize() >= LEAST_BYTES;
      String same =
          large
              ? kept.putIfAbsent(node.getAttrOrThrow("value").toByteString(), node.getName())
              : null;
      if (same == null) {
        smaller.addNode(node);
      } else {
        sameAs.put(node.getName(), same);
      }
    }
    for (NodeDef.Builder node : smaller.getNodeBuilderList()) {
      for (int i = 0; i < node.getInputCount(); i++) {
        String input = node.getInput(i);
        String control = input.startsWith("^") ? "^" : "";
        String name = input.substring(control.length()).replaceFirst(":0$", "");
        if (sameAs.containsKey(name)) {
          node.setInput(i, control + sameAs.get(name));
        }
      }
    }
    return smaller.build();
  }
}
