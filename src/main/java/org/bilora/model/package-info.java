/**
 * Encoders of many kinds and GPT-2: what a pretrained model consists of, where it comes from, and
 * its forward pass as a function.
 *
 * <p>To follow a computation, start with {@link org.bilora.model.Bert}: embeddings, attention,
 * layers, from top to bottom; the other kinds differ from it. {@link org.bilora.model.Encoder}
 * takes its {@link org.bilora.model.Weights} and increments as operands and holds no variables.
 * {@link org.bilora.model.EncoderHead} turns its last hidden states into logits, {@link
 * org.bilora.model.Dropout} is its randomness, and {@link org.bilora.model.HiddenKey} another one,
 * {@link org.bilora.model.TargetModules} finds the dense layers to adapt, and {@link
 * org.bilora.model.EncoderFeatures} runs it as it is.
 *
 * <p>To follow a model's loading, start with {@link org.bilora.model.PretrainedEncoders}, then
 * {@link org.bilora.model.PretrainedEncoder}, which lists the canonical names. Every source brings
 * its tensors to those names, and one place checks them against the configuration.
 *
 * <p>GPT-2 goes the same way: {@link org.bilora.model.Decoder} is its forward pass, {@link
 * org.bilora.model.PretrainedDecoders} loads it, and {@link org.bilora.model.PretrainedDecoder}
 * lists its names. For generating text it reads a token at a time: {@link
 * org.bilora.model.DecoderPast} is what it keeps. {@code Layers} has what is a function of operands
 * alone.
 *
 * <ul>
 *   <li>A preset whose artifact holds an ONNX file is one more {@code OnnxPreset} in {@code
 *       PretrainedEncoders}, and one more row in {@code PresetFeaturesTest}.
 *   <li>A kind of encoder is one file, a member of {@link org.bilora.model.EncoderKind}: the
 *       compiler asks it for everything that kinds differ in. {@code EncoderKinds} names it once,
 *       and a reference model under {@code src/test/resources/transformers} proves it.
 * </ul>
 */
package org.bilora.model;
