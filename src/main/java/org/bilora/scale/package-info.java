/**
 * More than one machine.
 *
 * <p><b>Where to start.</b> {@link org.bilora.scale.ClusterFile} names the processes, by host and
 * port. In the first of them, the chief, {@link org.bilora.scale.Cluster} hands training steps to
 * all; in the others {@link org.bilora.scale.ClusterWorker} waits for its parts of them. How a step
 * is taken apart is said in {@link org.bilora.step.Workers} and beside its implementations in
 * {@code step}: this room knows servers, addresses and who still answers.
 *
 * <p>TensorFlow's servers speak gRPC without asking who calls and without encryption.
 *
 * <p>{@code scale.spark} has the jobs of Apache Spark: a study's cells, and predictions. Maven's
 * profile {@code spark} alone compiles it, from {@code src/spark/java}.
 *
 * <p>Uses {@code step}, {@code graph} and {@code weights}.
 */
package org.bilora.scale;
