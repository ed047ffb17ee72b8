package org.bilora.export;

/** What a trained model can be written as. */
public enum ExportFormat {
  /** For TensorFlow Serving: {@link SavedModelExport}. */
  SAVEDMODEL(new SavedModelForm()),
  /** For ONNX Runtime: {@link OnnxExport}. */
  ONNX(new OnnxForm()),
  /** Merged, for Hugging Face Transformers: {@link EncoderDirectory}, {@link DecoderDirectory}. */
  HUGGINGFACE(new HuggingFaceForm()),
  /** The adapter alone, for Hugging Face PEFT: {@link org.bilora.export.peft.AdapterFiles}. */
  PEFT(new PeftForm());

  private final ExportForm form;

  ExportFormat(ExportForm form) {
    this.form = form;
  }

  /** How it is written. */
  public ExportForm form() {
    return form;
  }
}
