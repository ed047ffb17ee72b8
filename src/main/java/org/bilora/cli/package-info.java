/** The command line: arguments to records, progress, exit codes. Uses all rooms above it. */
package org.bilora.cli;
