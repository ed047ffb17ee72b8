package org.bilora.method;

import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.linalg.Svd;
import org.tensorflow.types.TFloat32;

/** What LoRA's matrices start from. */
public enum LoraStart {
  /** B is zero, A drawn (Hu et al. 2021). */
  ZERO,

  /**
   * The r largest singular values of W and their vectors (PiSSA, Meng et al. 2024, equations 2 to
   * 4): with W ≈ U S Vᵀ, B₀ = U √(S/s) and A₀ = √(S/s) Vᵀ. What is frozen is W − s B₀ A₀, so that
   * the layer computes W at the start: ΔW = s (B A − B₀ A₀), with B₀ and A₀ kept beside B and A.
   */
  PISSA;

  /**
   * B₀ and A₀.
   *
   * @param left {@code [out, rank]}
   * @param right {@code [rank, in]}
   */
  record Principal(float[] left, float[] right) {

    /**
     * Decomposes a weight.
     *
     * @param weight W, {@code [out, in]}
     * @param scale s
     */
    static Principal of(float[] weight, int out, int in, int rank, double scale) {
      try (Graph graph = new Graph();
          Session session = new Session(graph)) {
        Ops tf = Ops.create(graph);
        Svd<TFloat32> svd = tf.linalg.svd(tf.constant(Shape.of(out, in), DataBuffers.of(weight)));
        try (Result result = session.runner().fetch(svd.s()).fetch(svd.u()).fetch(svd.v()).run()) {
          TFloat32 values = (TFloat32) result.get(0);
          TFloat32 u = (TFloat32) result.get(1); // [out, min(out, in)]
          TFloat32 v = (TFloat32) result.get(2); // [in, min(out, in)]
          float[] left = new float[out * rank];
          float[] right = new float[rank * in];
          for (int k = 0; k < rank; k++) {
            double root = Math.sqrt(values.getFloat(k) / scale);
            for (int o = 0; o < out; o++) {
              left[o * rank + k] = (float) (u.getFloat(o, k) * root);
            }
            for (int i = 0; i < in; i++) {
              right[k * in + i] = (float) (v.getFloat(i, k) * root);
            }
          }
          return new Principal(left, right);
        }
      }
    }
  }
}
