/**
 * The report of a study, from its stored results alone.
 *
 * <p>Start at {@link org.bilora.bench.report.StudyReport}: it makes the tables, one class each,
 * draws the plots, and writes {@code report.md}, {@code report.json}, {@code cells.csv} and {@code
 * plots/}. A {@link org.bilora.bench.report.Table} is written once and read as Markdown and as
 * JSON. Nothing depends on when or where the report is made, so equal results give equal bytes.
 *
 * <p>To add a table, write a class with a method from {@link org.bilora.bench.report.StudyResults}
 * to a table, and name it in {@code StudyReport}.
 */
package org.bilora.bench.report;
