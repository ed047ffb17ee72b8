/**
 * Predictions in the files that GLUE's server takes. {@link
 * org.bilora.bench.submission.GlueSubmission} turns runs into one zip file; {@code ServerFile}
 * knows the server's file names and how many lines each must have.
 */
package org.bilora.bench.submission;
