/**
 * Ways of fine-tuning: what each trains, on what, in which phases and with which penalties.
 *
 * <p><b>Where to start.</b> {@link org.bilora.method.Method} is what a method says of itself;
 * {@link org.bilora.method.BiLora} says the most, {@link org.bilora.method.Lora} the least. {@link
 * org.bilora.method.Methods} lists them all. {@link org.bilora.method.AdapterForm} is what an
 * adapted layer has: its parameters ({@link org.bilora.method.ParameterName}), what they do in a
 * graph ({@link org.bilora.adapter.LowRank}) and on the host ({@link
 * org.bilora.adapter.LowRankValues}).
 *
 * <p><b>What follows from a method's file.</b> Command-line options, help texts, JSON and study
 * settings from the components that it marks as {@link org.bilora.settings.Knob}; the run's steps
 * from its {@link org.bilora.method.Phase}s, each of a {@link org.bilora.bilevel.StepKind}; export
 * and reports from its form.
 *
 * <p><b>How to add one.</b> Write its record, permit it in {@code Method} and name its usual
 * settings in {@code Methods}; if its increments are new, write their {@code AdapterForm}. The
 * tests of all methods take it from the list: nothing changes at the start, a resumed run ends with
 * the same bits, merged weights give the adapter's logits.
 *
 * <p>Uses {@code adapter}, {@code bilevel} and the rooms above them; knows nothing of text, models
 * or files.
 */
package org.bilora.method;
