/**
 * Controlled studies: every method on every task with every seed, under the same conditions.
 *
 * <p><b>Where to start.</b> A {@link org.bilora.bench.study.Study} says what is to be run; {@link
 * org.bilora.bench.study.StudyFile} reads one from YAML and documents the fields. It unfolds into
 * {@link org.bilora.bench.study.Cell}s, one training run each, in an order in which all methods and
 * tasks advance seed by seed. {@link org.bilora.bench.study.StudyRunner} runs the cells that have
 * no result yet on a {@link org.bilora.bench.study.TestBed}, which is a model with its tasks: an
 * encoder and tasks with labels, or a decoder and generation tasks, whose texts are written and
 * scored when their run is over. {@link org.bilora.bench.study.ResultStore} keeps one small file
 * per finished cell:
 *
 * <pre>
 * DIR/cells/TASK.METHOD.seed-N.HASH.json   a finished cell; HASH of all that decides it
 * DIR/runs/TASK.METHOD.seed-N.HASH/        the run directory of the cell that is under way
 * DIR/speeds.json                          how fast methods ran when they were timed
 * DIR/compiled/                            what XLA compiled, kept by the command line for speed
 * DIR/lock                                 held by the process that works on the study
 * </pre>
 *
 * {@link org.bilora.bench.study.LanedCells} runs several cells at once. The directory may be copied
 * to another machine at any time, when no process works on it.
 *
 * <p><b>How to add a method to studies.</b> Give it a name in {@link
 * org.bilora.bench.study.StandardMethods}; its settings are reachable by the names they have in
 * {@code run.json} without further code.
 */
package org.bilora.bench.study;
