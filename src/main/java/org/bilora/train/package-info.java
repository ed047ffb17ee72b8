/**
 * Training: settings as records, one compiled step, runs that can be killed and resumed.
 *
 * <p><b>Where to start.</b> {@link org.bilora.train.Trainer} takes a model, a data set and {@link
 * org.bilora.train.TrainingSettings} ({@link org.bilora.train.TrainingDefaults} has all defaults)
 * and fills a run directory; {@link org.bilora.train.TrainingListener} hears of its progress;
 * {@link org.bilora.train.TrainedRun} opens the directory again to evaluate and predict. A decoder
 * learns from a {@link org.bilora.data.LanguageModelDataset} the same way, and {@link
 * org.bilora.train.TrainedLanguageModel} opens its run.
 *
 * <pre>{@code
 * try (PretrainedEncoder model = PretrainedEncoders.load("minilm-l6")) {
 *   Dataset data = Tasks.load("grammar", Optional.empty());
 *   TrainingSettings settings = TrainingDefaults.settings(BiLora.USUAL);
 *   RunRecord run = new Trainer(model, data, settings, Path.of("runs/first")).train();
 * }
 * }</pre>
 *
 * <p><b>What is here.</b>
 *
 * <ul>
 *   <li>{@code TrainingData} splits, encodes and plans, {@code TrainingPlan} is the run's phases
 *       and epochs, {@code StepSchedule} the rates of its steps.
 *   <li>{@code TrainingLoop} takes steps, evaluates and saves, {@link org.bilora.train.RunRecord}
 *       is {@code run.json}, {@code Checkpoint} is all that a resumed run starts from, {@code
 *       Curves} is what TensorBoard shows.
 * </ul>
 *
 * <p>Batches, dropout and rates are functions of the seed and the step's number, and a checkpoint
 * holds everything else, so a resumed run ends with the bits of an undisturbed one.
 *
 * <p>A way of fine-tuning is added in {@code method}, a kind of model in {@code step}; nothing here
 * asks which one it is.
 *
 * <p>Uses the rooms above it: {@code text} to {@code step}.
 *
 * <p>{@link org.bilora.train.StartAdapter} is an adapter that was trained elsewhere: a run starts
 * from it, or it answers beside its base. {@link org.bilora.train.Pruning} drops the pseudo
 * singular values that matter least.
 */
package org.bilora.train;
