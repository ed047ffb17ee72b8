package org.bilora.export;

/** What a trained model can be written as. */
public enum ExportFormat {
  /** For TensorFlow Serving: {@link SavedModelExport}. */
  SAVEDMODEL,
  /** For ONNX Runtime: {@link OnnxExport}. */
  ONNX
}
