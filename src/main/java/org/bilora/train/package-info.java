/**
 * Training: settings as records, one compiled step, runs that can be killed and resumed.
 *
 * <p><b>Where to start.</b> {@link org.bilora.train.Trainer} takes a model, a data set and {@link
 * org.bilora.train.TrainingSettings} ({@link org.bilora.train.TrainingDefaults} has all defaults)
 * and fills a run directory; {@link org.bilora.train.TrainingListener} is told how it goes; {@link
 * org.bilora.train.TrainedRun} opens the directory again to evaluate and predict. A decoder learns
 * from a {@link org.bilora.data.LanguageModelDataset} the same way, and {@link
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
 *   <li>The step: {@link org.bilora.step.Trainables} says what a method trains and how its values
 *       become increments (in an {@code AdapterForm}) and penalties, {@code Network} is a
 *       pretrained model with its forward pass and loss (an encoder with a head, a decoder as a
 *       language model), {@code NetworkProblem} states the two objectives, {@code CompiledStep} is
 *       one iteration for one batch shape, and {@link org.bilora.step.FineTuning} holds the session
 *       in which they live.
 *   <li>The run: {@code TrainingData} splits, encodes and plans, {@code TrainingPlan} is the run's
 *       phases and epochs, {@code TrainingLoop} takes steps, evaluates and saves, {@link
 *       org.bilora.train.RunRecord} is {@code run.json}, {@code Checkpoint} is all that a resumed
 *       run starts from, {@code Curves} is what TensorBoard shows.
 * </ul>
 *
 * <p>Batches, dropout and rates are functions of the seed and the step's number, and a checkpoint
 * holds everything else, so a resumed run ends with the bits of an undisturbed one.
 *
 * <p><b>How to add a method.</b> Write its record of knobs beside {@link org.bilora.method.BiLora}
 * and permit it in {@link org.bilora.method.Method}; if its increments are new, write their {@code
 * AdapterForm}; state its penalties in {@link org.bilora.step.Trainables} and its data and phases
 * in {@code TrainingData}; if its iteration is neither a single-level step nor a bi-level one, give
 * {@code CompiledStep} a branch for it; give it defaults. {@code MethodsTest} holds what every
 * method must keep: ΔW is 0 at the start; frozen weights untouched; resumable after any step, bit
 * for bit.
 *
 * <p>Uses the rooms above it: {@code text} to {@code eval}.
 */
package org.bilora.train;
