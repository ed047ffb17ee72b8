/**
 * The command line: arguments to records, progress, exit codes. Uses all rooms above it.
 *
 * <p>Start at {@link org.bilora.cli.Main}; {@link org.bilora.cli.command.BiloraCommand} lists the
 * commands, one class each. A command turns its options into the library's records, calls the
 * library and prints the result once, on standard output; progress goes to standard error. What the
 * library throws becomes one line in {@link org.bilora.cli.Failure}.
 *
 * <p>To add a command: write a class {@code …Command} with a {@code CommonOptions} mixin, whose
 * {@code result} prints text or JSON, name it in {@code BiloraCommand}, and say in every option's
 * description what it means and, by <code>${DEFAULT-VALUE}</code>, what it is otherwise. An option
 * that sets a field of a record starts at that field's value in {@code TrainingDefaults}.
 */
package org.bilora.cli;
