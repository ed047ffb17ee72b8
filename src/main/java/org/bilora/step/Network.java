package org.bilora.step;

import java.util.List;
import java.util.Map;
import org.bilora.adapter.LowRank;
import org.bilora.autodiff.Parameter;
import org.bilora.bilevel.UpperVariables;
import org.bilora.data.Batch;
import org.bilora.graph.Recomputation;
import org.bilora.method.Method;
import org.bilora.method.StartValues;
import org.bilora.model.Dropout;
import org.bilora.model.PretrainedModel;
import org.bilora.model.Weights;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TFloating;

/**
 * A pretrained model and what it is asked: what it has to train besides increments, its forward
 * pass from a batch to logits, and their loss. All that a step does beyond that is the same for
 * every kind of model.
 *
 * @param <F> placeholders of a batch
 */
interface Network<F extends BatchFeeds<F>> {

  /**
   * The values of a forward pass.
   *
   * @param weights trained ones where there are, else frozen ones, in the type of the backbone
   * @param head the same in 32 bits
   * @param increments ΔW by linear layer
   * @param incrementDropoutProbability of an input of an increment
   * @param type of the backbone
   * @param recomputation of what is in each layer
   */
  record Values<T extends TFloating>(
      Weights<T> weights,
      Weights<TFloat32> head,
      Map<String, LowRank> increments,
      double incrementDropoutProbability,
      Class<T> type,
      Recomputation recomputation) {}

  /** What it is made of. */
  PretrainedModel model();

  /**
   * Declares what a method trains in it besides increments, at the lower level.
   *
   * @throws IllegalArgumentException when the method trains something that it does not have
   */
  void declare(StartValues start, Method method, List<Parameter> lower);

  /**
   * W of a linear layer as increments see it.
   *
   * @param weights by canonical name
   * @return {@code [out, in]}
   */
  <T extends TFloating> Operand<T> kernel(Ops tf, Weights<T> weights, String layer);

  /** Placeholders for batches of that shape. */
  F feeds(Ops tf, Batch like);

  /** Placeholders for batches of any shape. */
  F feeds(Ops tf);

  /**
   * The forward pass.
   *
   * @return {@code [rows, outputs]}, or {@code [predictions, vocabulary]} of a language model
   */
  <T extends TFloating> Operand<TFloat32> logits(
      Ops tf, F feeds, Values<T> values, Dropout dropout);

  /**
   * The loss of each of a mini-batch's examples, or of each token of a language model, as it is
   * minimised.
   */
  UpperVariables.Examples examples(Ops tf, F feeds, Operand<TFloat32> logits);

  /**
   * Some of a mini-batch's rows.
   *
   * @param tf what a forward pass begins with waits for what it waits for, and nothing else does
   * @param part counted from 0
   * @param parts of as many rows each
   * @throws IllegalArgumentException when the rows cannot be parted so
   */
  F part(Ops tf, F whole, int part, int parts);

  /**
   * What a part of a mini-batch's rows adds to C, as it is minimised: over all parts it adds up to
   * the mean over the whole mini-batch.
   *
   * @param logits of the part
   * @return scalar
   * @throws IllegalArgumentException when it cannot be told part by part
   */
  Operand<TFloat32> partOfLoss(Ops tf, F part, F whole, Operand<TFloat32> logits);

  /**
   * C: mean loss over a mini-batch's examples or tokens, padding left out.
   *
   * @return scalar
   */
  Operand<TFloat32> loss(Ops tf, F feeds, Operand<TFloat32> logits, LossUse use);

  /** Whether logits of a row are those of one distribution, over classes or tokens. */
  boolean ofClasses();

  /** What a loss is for. */
  enum LossUse {
    /** To be minimised, with label smoothing, class weights and what else is set. */
    MINIMISED,
    /** To be reported, without them. */
    REPORTED
  }
}
