/**
 * Spark jobs: the cells of a study, and the predictions of a run over a data set.
 *
 * <p><b>Where to start.</b> {@link org.bilora.scale.spark.SparkSettings} opens a Spark application
 * whose executors can do this program's work. {@link org.bilora.scale.spark.SparkCells} runs the
 * cells of a study, each as a job of one task ({@code CellTask}); the driver alone holds the
 * study's lock and writes results. {@link org.bilora.scale.spark.PredictionJob} maps a run over the
 * rows of files. What executors need once (a pretrained model with its data, an opened run) is in
 * {@link org.bilora.scale.spark.OncePerExecutor}, and {@code SharedPaths} refuses a host that lacks
 * a file.
 *
 * <p>Only the Maven profile {@code spark} compiles this package. What it runs is the code of {@code
 * bench.study} and {@code train}: nothing of a training or a prediction is here.
 */
package org.bilora.scale.spark;
