/**
 * What is seen while a command runs: progress, time left, signals, native notes kept off the
 * terminal.
 */
package org.bilora.cli.progress;
