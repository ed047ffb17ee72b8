/**
 * Adapters as Hugging Face PEFT 0.21 writes and reads them.
 *
 * <p>Out: {@link org.bilora.export.peft.AdapterFiles}, one adapter for each of a checkpoint's
 * layers ({@link org.bilora.export.peft.FusedLayer}: GPT-2 and ModernBERT hold query, key and value
 * in one). In: {@link org.bilora.export.peft.PeftAdapter}, which takes such a layer apart again.
 * {@link org.bilora.export.peft.AdapterConfig} is what {@code adapter_config.json} says.
 *
 * <p>A field or a tensor that changes what an adapter computes in a way that is not known here is
 * refused by name. To understand one more, read it in {@code ConfigReader} and use it in {@code
 * LayerReader}.
 */
package org.bilora.export.peft;
