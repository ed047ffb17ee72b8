/** The commands, a class each, and the reports they print. */
package org.bilora.cli.command;
